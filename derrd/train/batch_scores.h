// The scores that a base loss is about: those of a batch's interactions and of their negatives.
#ifndef DERRD_TRAIN_BATCH_SCORES_H_
#define DERRD_TRAIN_BATCH_SCORES_H_

#include <cstdint>
#include <vector>

#include "derrd/core/parallel.h"
#include "derrd/models/trainable_model.h"
#include "derrd/train/batch.h"

namespace derrd {

// Reads the scores, then hands back the gradients that the loss has filled in. They must stay as
// they are until the student's Backward.
struct BatchScores {
  std::vector<float> positive, positive_gradient;  // one an interaction
  std::vector<float> negative, negative_gradient;  // in the order of Batch::negatives

  void Read(const Batch& batch, TrainableModel& student, const Parallel& parallel);
  void AddGradients(const Batch& batch, TrainableModel& student) const;

 private:
  ScoreLists Negatives(const Batch& batch) const {
    return {batch.users, offsets_, batch.negatives};
  }

  std::vector<std::int64_t> offsets_;  // empty: one negative an interaction
};

}  // namespace derrd

#endif  // DERRD_TRAIN_BATCH_SCORES_H_
