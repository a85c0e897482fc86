#include "derrd/train/ir_rrd_term.h"

#include <utility>

#include "derrd/core/interactions.h"

namespace derrd {

IrRrdTerm::IrRrdTerm(const Dataset& dataset, Rankings rankings, const RrdTerm& rrd,
                     const RelaxedListOptions& options, std::uint64_t seed)
    : rrd_(&rrd),
      seed_(seed),
      by_item_(ByItem(dataset.train(), dataset.items())),
      lists_(by_item_.view(), dataset.users(), std::move(rankings), options,
             {"ir", "item", "users", dataset.item_ids()}),
      compared_(dataset.items()) {}

void IrRrdTerm::BeginEpoch(std::int32_t epoch, const TrainableModel&, const Parallel& parallel) {
  lists_.Sample(seed_, static_cast<std::uint64_t>(epoch), Role::kInterestingUser,
                Role::kUninterestingUser, parallel);
}

void IrRrdTerm::SelectRows(const Batch& batch, EntitySet& users, EntitySet& items) {
  compared_.Clear();
  for (const std::int32_t user : batch.distinct_users) compared_.Add(rrd_->ItemsOf(user));
  items.Add(compared_.members());
  for (const std::int32_t item : compared_.members()) users.Add(lists_.Of(item));
}

double IrRrdTerm::Step(const Batch&, TrainableModel& student, const Parallel& parallel) {
  return lists_.Step(Side::kItem, compared_.members(), student, parallel);
}

}  // namespace derrd
