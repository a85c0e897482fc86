#include "derrd/train/bce_term.h"

#include "derrd/losses/bce.h"

namespace derrd {

double BceTerm::Step(const Batch& batch, TrainableModel& student, const Parallel& parallel) {
  scores_.Read(batch, student, parallel);
  const double loss = BceLoss<float>(scores_.positive, scores_.negative, scores_.positive_gradient,
                                     scores_.negative_gradient);
  scores_.AddGradients(batch, student);
  return loss;
}

}  // namespace derrd
