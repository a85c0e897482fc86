// The base loss of matrix factorization: BPR over the batch's interactions and their negatives, an
// interaction once for each of its negatives.
#ifndef DERRD_TRAIN_BPR_TERM_H_
#define DERRD_TRAIN_BPR_TERM_H_

#include <vector>

#include "derrd/train/batch_scores.h"
#include "derrd/train/term.h"

namespace derrd {

class BprTerm : public Term {
 public:
  std::string_view name() const override { return "bpr"; }
  double Step(const Batch& batch, TrainableModel& student, const Parallel& parallel) override;

 private:
  BatchScores scores_;
  std::vector<float> repeated_, repeated_gradient_;  // of the positives, one a negative
};

}  // namespace derrd

#endif  // DERRD_TRAIN_BPR_TERM_H_
