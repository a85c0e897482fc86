// Stochastic gradient descent on the rows that a step touches, with one rate for all. L2 is added
// to the gradient of the touched rows alone: a row is decayed when it is touched. Cost: the touched
// rows alone.
#ifndef DERRD_TRAIN_SGD_H_
#define DERRD_TRAIN_SGD_H_

#include <vector>

#include "derrd/train/optimizer.h"

namespace derrd {

// Memory: nothing.
class Sgd : public Optimizer {
 public:
  explicit Sgd(const OptimizerOptions& options)
      : Optimizer(options),
        rate_(static_cast<float>(options.TableRate())),
        l2_(static_cast<float>(options.l2)) {}

  using Optimizer::Add;
  void Add(EmbeddingTable* table) override { tables_.push_back({table}); }

 protected:
  void MoveRows(const Parallel& parallel) override;
  void AddTableState(std::vector<NamedMatrix>&) override {}

 private:
  struct TableState {
    EmbeddingTable* table;
  };

  float rate_, l2_;
  std::vector<TableState> tables_;
};

}  // namespace derrd

#endif  // DERRD_TRAIN_SGD_H_
