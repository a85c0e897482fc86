#include "derrd/train/bpr_term.h"

#include "derrd/losses/bpr.h"

namespace derrd {

double BprTerm::Step(const Batch& batch, TrainableModel& student, const Parallel& parallel) {
  const std::size_t n = batch.users.size();
  for (auto* buffer : {&positive_, &negative_, &positive_gradient_, &negative_gradient_}) {
    buffer->resize(n);
  }
  const ScoreLists positives{batch.users, {}, batch.positives};
  const ScoreLists negatives{batch.users, {}, batch.negatives};
  student.Scores(positives, positive_, parallel);
  student.Scores(negatives, negative_, parallel);
  const double loss = BprLoss<float>(positive_, negative_, positive_gradient_, negative_gradient_);
  student.AddScoreGradients(positives, positive_gradient_);
  student.AddScoreGradients(negatives, negative_gradient_);
  return loss;
}

}  // namespace derrd
