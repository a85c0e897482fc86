// Dual Correction Distillation as part of an objective: before each epoch it finds what the student
// ranks wrongly in the teacher's top, for every user and for every item with training interactions,
// draws corrections from it, and applies RrdLoss over the batch's distinct users and positives:
//   weight_user * sum_users L + weight_item * sum_positives L
#ifndef DERRD_TRAIN_DCD_TERM_H_
#define DERRD_TRAIN_DCD_TERM_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "derrd/core/matrix.h"
#include "derrd/data/dataset.h"
#include "derrd/eval/rankings.h"
#include "derrd/train/list_step.h"
#include "derrd/train/term.h"

namespace derrd {

struct DcdOptions {
  double user_weight = 0.01;      // lambda_UCD, >= 0
  double item_weight = 0.01;      // lambda_ICD, >= 0; 0 leaves the item's side out
  std::size_t corrections = 100;  // K >= 1 underestimated, and as many overestimated, of each list
  std::size_t top = 500;          // N >= K: the length of the teacher's lists
  double temperature = 10.0;      // T > 0, in positions
};

class DcdTerm : public Term {
 public:
  // users: the teacher's order of each user's unobserved items. items: its order of each item's
  // users (RankUnobservedUsers), which may be empty where item_weight is 0. Both of length
  // options.top, or of what there is. Error when there are fewer than K.
  DcdTerm(const Dataset& dataset, Rankings users, Rankings items, const DcdOptions& options,
          std::uint64_t seed);

  std::string_view name() const override { return "dcd"; }
  void BeginEpoch(std::int32_t epoch, const TrainableModel& student,
                  const Parallel& parallel) override;
  void SelectRows(const Batch& batch, EntitySet& users, EntitySet& items) override;
  double Step(const Batch& batch, TrainableModel& student, const Parallel& parallel) override;

 private:
  std::size_t list_size() const { return 2 * options_.corrections; }
  bool has_item_side() const { return options_.item_weight > 0.0; }
  void ResampleUsers(std::uint64_t epoch, const TrainableModel& student, const Parallel& parallel);
  void ResampleItems(std::uint64_t epoch, const TrainableModel& student, const Parallel& parallel);

  const Dataset* dataset_;
  Rankings users_, items_;
  DcdOptions options_;
  std::uint64_t seed_;
  std::vector<float> log_weights_;     // of a rank difference, from 0
  std::vector<std::int32_t> trained_;  // items with training interactions, ascending
  // A row for each user, and for each item: K underestimated ones in the teacher's order, then K
  // overestimated ones.
  Matrix<std::int32_t> user_lists_, item_lists_;
  ListStep user_step_, item_step_;
};

}  // namespace derrd

#endif  // DERRD_TRAIN_DCD_TERM_H_
