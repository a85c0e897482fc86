#include "derrd/train/bpr_term.h"

#include "derrd/losses/bpr.h"

namespace derrd {

double BprTerm::Step(const Batch& batch, TrainableModel& student, const Parallel& parallel) {
  scores_.Read(batch, student, parallel);
  const std::size_t pairs = scores_.negative.size(), each = pairs / scores_.positive.size();
  repeated_.resize(pairs);
  repeated_gradient_.resize(pairs);
  for (std::size_t i = 0; i < scores_.positive.size(); ++i) {
    for (std::size_t n = i * each; n < (i + 1) * each; ++n) repeated_[n] = scores_.positive[i];
  }
  const double loss =
      BprLoss<float>(repeated_, scores_.negative, repeated_gradient_, scores_.negative_gradient);
  for (std::size_t i = 0; i < scores_.positive.size(); ++i) {
    float sum = repeated_gradient_[i * each];
    for (std::size_t n = 1; n < each; ++n) sum += repeated_gradient_[i * each + n];
    scores_.positive_gradient[i] = sum;
  }
  scores_.AddGradients(batch, student);
  return loss;
}

}  // namespace derrd
