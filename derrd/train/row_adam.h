// Row-sparse Adam: only the rows that a step touches move, and their moments with them, as in
// PyTorch's SparseAdam; bias is corrected by the number of steps of the whole run. L2 is added to
// the gradient of the touched rows alone: a row is decayed when it is touched, not at every step.
// Cost: the touched rows alone, also in Flush.
#ifndef DERRD_TRAIN_ROW_ADAM_H_
#define DERRD_TRAIN_ROW_ADAM_H_

#include <vector>

#include "derrd/train/optimizer.h"

namespace derrd {

// Memory: two numbers a parameter.
class RowAdam : public Optimizer {
 public:
  explicit RowAdam(const OptimizerOptions& options)
      : Optimizer(options), options_(options.TableAdam()) {}

  using Optimizer::Add;
  void Add(EmbeddingTable* table) override;

 protected:
  void MoveRows(const Parallel& parallel) override;
  void AddTableState(std::vector<NamedMatrix>& state) override;

 private:
  struct TableState {
    EmbeddingTable* table;
    Moments moments;
  };

  AdamOptions options_;
  std::vector<TableState> tables_;
};

}  // namespace derrd

#endif  // DERRD_TRAIN_ROW_ADAM_H_
