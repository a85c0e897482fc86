#include "derrd/train/batch_scores.h"

namespace derrd {

void BatchScores::Read(const Batch& batch, TrainableModel& student, const Parallel& parallel) {
  offsets_.clear();
  const std::size_t each = batch.negatives.size() / batch.users.size();
  if (each != 1) {
    for (std::size_t i = 0; i <= batch.users.size(); ++i) {
      offsets_.push_back(static_cast<std::int64_t>(i * each));
    }
  }
  for (auto* buffer : {&positive, &positive_gradient}) buffer->resize(batch.users.size());
  for (auto* buffer : {&negative, &negative_gradient}) buffer->resize(batch.negatives.size());
  student.Scores({batch.users, {}, batch.positives}, positive, parallel);
  student.Scores(Negatives(batch), negative, parallel);
}

void BatchScores::AddGradients(const Batch& batch, TrainableModel& student) const {
  student.AddScoreGradients({batch.users, {}, batch.positives}, positive_gradient);
  student.AddScoreGradients(Negatives(batch), negative_gradient);
}

}  // namespace derrd
