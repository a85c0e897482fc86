// The base loss of matrix factorization: BPR over the batch's interactions and their negatives.
#ifndef DERRD_TRAIN_BPR_TERM_H_
#define DERRD_TRAIN_BPR_TERM_H_

#include <vector>

#include "derrd/train/term.h"

namespace derrd {

class BprTerm : public Term {
 public:
  std::string_view name() const override { return "bpr"; }
  double Step(const Batch& batch, TrainableModel& student, const Parallel& parallel) override;

 private:
  std::vector<float> positive_, negative_, positive_gradient_, negative_gradient_;
};

}  // namespace derrd

#endif  // DERRD_TRAIN_BPR_TERM_H_
