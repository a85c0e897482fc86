// Adagrad (Duchi, Hazan and Singer, JMLR 2011, diagonal form) on the rows that a step touches: each
// parameter's rate falls with the squared gradients it has seen, so rare rows keep a high one. L2
// is added to the gradient of the touched rows alone: a row is decayed when it is touched. Cost:
// the touched rows alone.
#ifndef DERRD_TRAIN_ADAGRAD_H_
#define DERRD_TRAIN_ADAGRAD_H_

#include <vector>

#include "derrd/kernels/row_updates.h"
#include "derrd/train/optimizer.h"

namespace derrd {

// Memory: one number a parameter.
class Adagrad : public Optimizer {
 public:
  explicit Adagrad(const OptimizerOptions& options);

  using Optimizer::Add;
  void Add(EmbeddingTable* table) override;

 protected:
  void MoveRows(const Parallel& parallel) override;
  void AddTableState(std::vector<NamedMatrix>& state) override;

 private:
  struct TableState {
    EmbeddingTable* table;
    Matrix<float> squares;  // the sum of each parameter's squared gradients
  };

  kernels::AdagradConstants constants_;
  std::vector<TableState> tables_;
};

}  // namespace derrd

#endif  // DERRD_TRAIN_ADAGRAD_H_
