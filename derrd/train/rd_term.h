// Ranking Distillation as part of an objective: RdLoss over the user of every interaction of the
// batch (a user counts as often as it is there), with the teacher's top K unobserved items as
// additional positives.
#ifndef DERRD_TRAIN_RD_TERM_H_
#define DERRD_TRAIN_RD_TERM_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "derrd/core/matrix.h"
#include "derrd/data/dataset.h"
#include "derrd/eval/rankings.h"
#include "derrd/train/list_step.h"
#include "derrd/train/term.h"

namespace derrd {

struct RdOptions {
  double weight = 1.0;                  // alpha, >= 0
  std::size_t top = 10;                 // K >= 1
  double position_decay = 1.0;          // lambda > 0, in positions
  double discrepancy = 0.1;             // mu > 0
  std::size_t samples = 100;            // items that estimate the student's rank, >= 1
  std::int32_t discrepancy_epoch = 10;  // >= 0; before it only positions weigh
};

class RdTerm : public Term {
 public:
  // `rankings`: the teacher's order of each user's unobserved items, of length options.top.
  // UsageError when they are shorter.
  RdTerm(const Dataset& dataset, const Rankings& rankings, const RdOptions& options,
         std::uint64_t seed);

  std::string_view name() const override { return "rd"; }
  // Weighs every user's K items by what the student thinks of them now: K + samples scores a user.
  void BeginEpoch(std::int32_t epoch, const TrainableModel& student,
                  const Parallel& parallel) override;
  void SelectRows(const Batch& batch, EntitySet& users, EntitySet& items) override;
  double Step(const Batch& batch, TrainableModel& student, const Parallel& parallel) override;

 private:
  const Dataset* dataset_;
  RdOptions options_;
  std::uint64_t seed_;
  Matrix<std::int32_t> lists_;  // users x K, in the teacher's order
  std::vector<float> position_weights_;
  Matrix<float> weights_;  // users x K, of this epoch
  ListStep step_;
};

}  // namespace derrd

#endif  // DERRD_TRAIN_RD_TERM_H_
