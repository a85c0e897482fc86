// The item side of IR-RRD (Kang, Hwang, Kweon, Yu, "Item-side ranking regularized distillation for
// recommender system", Information Sciences 580, 2021) as part of an objective: every item ranks
// users as RRD has every user rank items, over the distinct items that RRD's users compare in the
// batch. The method is the sum of both: base + lambda_RRD RRD + lambda_IR this.
#ifndef DERRD_TRAIN_IR_RRD_TERM_H_
#define DERRD_TRAIN_IR_RRD_TERM_H_

#include <cstdint>
#include <string_view>

#include "derrd/data/dataset.h"
#include "derrd/eval/rankings.h"
#include "derrd/train/relaxed_lists.h"
#include "derrd/train/rrd_term.h"
#include "derrd/train/term.h"

namespace derrd {

inline constexpr RelaxedListOptions kIrRrdDefaults{
    .weight = 5e-4, .interesting = 20, .uninteresting = 20};

class IrRrdTerm : public Term {
 public:
  // `rankings`: the teacher's order of each item's unobserved users (RankUnobservedUsers), of
  // length options.top. `rrd`: the user side, a term of the same objective that must outlive this
  // one. Error when an item has too few users for K or L.
  IrRrdTerm(const Dataset& dataset, Rankings rankings, const RrdTerm& rrd,
            const RelaxedListOptions& options, std::uint64_t seed);

  std::string_view name() const override { return "ir"; }
  void BeginEpoch(std::int32_t epoch, const TrainableModel& student,
                  const Parallel& parallel) override;
  void SelectRows(const Batch& batch, EntitySet& users, EntitySet& items) override;
  double Step(const Batch& batch, TrainableModel& student, const Parallel& parallel) override;

 private:
  const RrdTerm* rrd_;
  std::uint64_t seed_;
  OwnedInteractions by_item_;  // the training set, which lists_ reads
  RelaxedLists lists_;
  EntitySet compared_;  // the batch's items, from SelectRows to Step
};

}  // namespace derrd

#endif  // DERRD_TRAIN_IR_RRD_TERM_H_
