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
#include <memory>
#include <span>
#include <vector>

#include "derrd/core/matrix.h"
#include "derrd/core/parallel.h"
#include "derrd/core/parameter.h"
#include "derrd/kernels/adam.h"

namespace derrd {

struct AdamOptions {
  double learning_rate = 1e-3;  // > 0
  double beta1 = 0.9;           // in [0, 1)
  double beta2 = 0.999;         // in [0, 1)
  double epsilon = 1e-8;        // > 0
  double l2 = 1e-3;             // >= 0; added to the gradient as l2 * w
};

// Moves the parameters it was given; they must outlive it. A step is BeginStep (after the tables'
// rows are selected), the caller's gradients, EndStep. Memory: two numbers a parameter and one a
// row.
class Adam {
 public:
  explicit Adam(const AdamOptions& options);

  void Add(EmbeddingTable* table);
  void Add(DenseParameter* parameter);

  // Brings the selected rows of every table up to date, so that they may be read.
  void BeginStep(const Parallel& parallel);
  // Applies the gradients of the selected rows and of the dense parameters.
  void EndStep(const Parallel& parallel);
  // Brings every row up to date: before evaluation, before a copy. Changes no later result.
  void Flush(const Parallel& parallel);

 private:
  struct TableState {
    EmbeddingTable* table;
    Matrix<float> first_moment, second_moment;
    std::vector<std::int32_t> row_step;  // the step each row stands at
  };
  struct DenseState {
    DenseParameter* parameter;
    Matrix<float> first_moment, second_moment;
  };
  void Replay(TableState& state, std::span<const std::int32_t> rows, const Parallel& parallel);

  kernels::AdamConstants constants_;
  AdamOptions options_;
  std::int32_t step_ = 0;
  std::vector<kernels::AdamStepScale> scales_;  // of step t at [t]
  std::vector<std::unique_ptr<TableState>> tables_;
  std::vector<std::unique_ptr<DenseState>> dense_;
  std::vector<std::int32_t> sorted_rows_, sorted_steps_;  // of a replay, the longest asleep first
};

}  // namespace derrd

#endif  // DERRD_TRAIN_ADAM_H_
