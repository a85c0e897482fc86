// The base loss of models whose scores are logits: binary cross-entropy over the batch's
// interactions and their negatives.
#ifndef DERRD_TRAIN_BCE_TERM_H_
#define DERRD_TRAIN_BCE_TERM_H_

#include "derrd/train/batch_scores.h"
#include "derrd/train/term.h"

namespace derrd {

class BceTerm : public Term {
 public:
  std::string_view name() const override { return "bce"; }
  double Step(const Batch& batch, TrainableModel& student, const Parallel& parallel) override;

 private:
  BatchScores scores_;
};

}  // namespace derrd

#endif  // DERRD_TRAIN_BCE_TERM_H_
