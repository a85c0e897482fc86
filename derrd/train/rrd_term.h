// Relaxed Ranking Distillation as part of an objective: samples every user's interesting and
// uninteresting items anew each epoch and applies RrdLoss over the batch's distinct users.
#ifndef DERRD_TRAIN_RRD_TERM_H_
#define DERRD_TRAIN_RRD_TERM_H_

#include <cstdint>
#include <string_view>

#include "derrd/data/dataset.h"
#include "derrd/eval/rankings.h"
#include "derrd/train/relaxed_lists.h"
#include "derrd/train/term.h"

namespace derrd {

class RrdTerm : public Term {
 public:
  // `rankings`: the teacher's order of each user's unobserved items, of length options.top.
  // Error when a user has too few items for K or L.
  RrdTerm(const Dataset& dataset, Rankings rankings, const RelaxedListOptions& options,
          std::uint64_t seed);

  std::string_view name() const override { return "rrd"; }
  void BeginEpoch(std::int32_t epoch, const TrainableModel& student,
                  const Parallel& parallel) override;
  void SelectRows(const Batch& batch, EntitySet& users, EntitySet& items) override;
  double Step(const Batch& batch, TrainableModel& student, const Parallel& parallel) override;

  // The K + L items that a user compares in this epoch, interesting ones first in teacher order.
  std::span<const std::int32_t> ItemsOf(std::int32_t user) const { return lists_.Of(user); }

 private:
  std::uint64_t seed_;
  RelaxedLists lists_;
};

}  // namespace derrd

#endif  // DERRD_TRAIN_RRD_TERM_H_
