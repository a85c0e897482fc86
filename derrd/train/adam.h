// Adam with L2 on every parameter at every step, whether or not the step's batch touches it
// (Kingma and Ba, ICLR 2015; the semantics of a dense Adam with weight decay added to the
// gradient).
//
// Embedding tables are paid lazily: a row keeps the step it was last brought to, and the steps
// since then, whose gradient was zero, are replayed exactly when the row is next read. The result
// has the bits of doing them one by one, so checkpoints and evaluations in between change nothing.
#ifndef DERRD_TRAIN_ADAM_H_
#define DERRD_TRAIN_ADAM_H_

#include <cstdint>
#include <span>
#include <vector>

#include "derrd/train/optimizer.h"

namespace derrd {

// Memory: two numbers a parameter and one a row, and 8 bytes a step of the run, whose bias
// correction is needed as long as a row may stand there.
class Adam : public Optimizer {
 public:
  explicit Adam(const OptimizerOptions& options);

  using Optimizer::Add;
  void Add(EmbeddingTable* table) override;
  void BeginStep(const Parallel& parallel) override;
  void Flush(const Parallel& parallel) override;
  void SetStep(std::int32_t step) override;  // every row is taken to stand there

 protected:
  void MoveRows(const Parallel& parallel) override;
  void AddTableState(std::vector<NamedMatrix>& state) override;

 private:
  struct TableState {
    explicit TableState(EmbeddingTable* t)
        : table(t), moments(t->values.rows(), t->values.cols()), row_step(t->values.rows(), 0) {}

    EmbeddingTable* table;
    Moments moments;
    std::vector<std::int32_t> row_step;  // the step each row stands at
  };
  // Brings those of the rows that are behind up to date.
  void Replay(TableState& state, std::span<const std::int32_t> rows);

  AdamOptions options_;
  kernels::AdamConstants constants_;
  std::vector<kernels::AdamStepScale> scales_;  // of step t at [t]
  std::vector<TableState> tables_;
};

}  // namespace derrd

#endif  // DERRD_TRAIN_ADAM_H_
