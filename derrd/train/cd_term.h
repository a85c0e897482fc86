// Collaborative Distillation as part of an objective: samples some of every user's unobserved items
// anew each epoch, those that the guide ranks high with a higher probability, and applies CdLoss
// over the user of every interaction of the batch (a user counts as often as it is there).
#ifndef DERRD_TRAIN_CD_TERM_H_
#define DERRD_TRAIN_CD_TERM_H_

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "derrd/core/matrix.h"
#include "derrd/core/samplers.h"
#include "derrd/data/dataset.h"
#include "derrd/eval/rankings.h"
#include "derrd/models/model.h"
#include "derrd/train/list_step.h"
#include "derrd/train/term.h"

namespace derrd {

// Whose ranking the items are sampled from.
enum class CdGuide { kTeacher, kStudent };

struct CdOptions {
  double weight = 0.5;       // lambda_CD, >= 0
  std::size_t items = 2;     // sampled a user and epoch, >= 1
  std::size_t top = 3000;    // N: from the guide's top this many
  double rank_decay = 0.05;  // lambda >= 0: two positions k are drawn with p ~ exp(-lambda k / N),
                             // and the better of them counts
  double temperature = 2.0;  // T > 0, of the teacher's scores
  double bias = 0.0;         // b, added to the teacher's scores
  CdGuide guide = CdGuide::kStudent;
};

// The logarithms, up to a constant, of the probabilities that the better of two positions drawn
// with probability proportional to exp(-step (k + 1)) is k, for k in [0, length).
std::vector<float> BetterOfTwoLogWeights(std::size_t length, double step);

class CdTerm : public Term {
 public:
  // The teacher must outlive the term and have the data set's users and items. `rankings`: the
  // teacher's order of each user's unobserved items, options.top of them or as many as there are;
  // not needed where the student guides. UsageError when a user has too few of them to sample.
  CdTerm(const Dataset& dataset, const Model& teacher, OwnedInteractions rankings,
         const CdOptions& options, std::uint64_t seed);

  std::string_view name() const override { return "cd"; }
  // Where the student guides, one pass over all its scores.
  void BeginEpoch(std::int32_t epoch, const TrainableModel& student,
                  const Parallel& parallel) override;
  void SelectRows(const Batch& batch, EntitySet& users, EntitySet& items) override;
  double Step(const Batch& batch, TrainableModel& student, const Parallel& parallel) override;

 private:
  // Samples the list of a user of whom the guide ranks `length` items, the p-th of them (from 0)
  // item_at(p), and asks the teacher.
  template <typename ItemAt>
  void SampleFor(std::size_t user, std::int32_t epoch, PositionSampler& positions,
                 std::size_t length, const ItemAt& item_at);
  double step() const { return options_.rank_decay / static_cast<double>(log_weights_.size()); }

  const Dataset* dataset_;
  const Model* teacher_;
  OwnedInteractions rankings_;
  CdOptions options_;
  std::uint64_t seed_;
  std::vector<float> log_weights_;  // of the guide's positions, where a user has all of them
  Matrix<std::int32_t> lists_;      // users x items, of this epoch
  Matrix<float> targets_;           // the same, what the teacher thinks of them
  ListStep step_;
};

}  // namespace derrd

#endif  // DERRD_TRAIN_CD_TERM_H_
