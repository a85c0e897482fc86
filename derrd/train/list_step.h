// A step of a loss over lists: asks the student for the lists' scores, has each list's loss
// computed, and gives the student the gradients.
#ifndef DERRD_TRAIN_LIST_STEP_H_
#define DERRD_TRAIN_LIST_STEP_H_

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "derrd/core/matrix.h"
#include "derrd/core/parallel.h"
#include "derrd/models/trainable_model.h"

namespace derrd {

// Keeps the memory of a step, which the student reads until its Backward: one step at a time.
class ListStep {
 public:
  // Returns the loss of the list of `which` and writes the gradient, weighted, of each score, which
  // it may change on the way. Called by several threads at once.
  using Loss =
      std::function<double(std::size_t which, std::span<float> scores, std::span<float> gradient)>;

  // The list of an entity is lists.row(entity). Side::kUser: the entities are users, their lists
  // hold items; Side::kItem: the other way round. An entity may be there several times and counts
  // each time, and is what the loss is told; `entities` must stay as they are until Backward.
  // Returns the sum of the losses, the same bits at any number of threads. Memory: 8 bytes a score
  // and 4 for each id.
  double Run(Side side, std::span<const std::int32_t> entities,
             MatrixView<const std::int32_t> lists, TrainableModel& student,
             const Parallel& parallel, const Loss& loss);
  // The same for lists of users' items, of any lengths, that stay until Backward. The loss is told
  // which of them it is.
  double Run(const ScoreLists& lists, TrainableModel& student, const Parallel& parallel,
             const Loss& loss);

 private:
  template <typename BeginOf, typename LossOf>
  double Compute(const ScoreLists& asked, std::size_t count, const BeginOf& begin_of,
                 TrainableModel& student, const Parallel& parallel, const LossOf& loss);
  ScoreLists Fill(Side side, std::span<const std::int32_t> entities,
                  MatrixView<const std::int32_t> lists, const Parallel& parallel);

  std::vector<std::int64_t> offsets_;          // Side::kUser
  std::vector<std::int32_t> owners_, listed_;  // owners_: Side::kItem, the item of each pair
  std::vector<float> scores_, gradients_;
  std::vector<double> losses_;
};

}  // namespace derrd

#endif  // DERRD_TRAIN_LIST_STEP_H_
