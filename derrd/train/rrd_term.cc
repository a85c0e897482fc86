#include "derrd/train/rrd_term.h"

#include <utility>

namespace derrd {

RrdTerm::RrdTerm(const Dataset& dataset, Rankings rankings, const RelaxedListOptions& options,
                 std::uint64_t seed)
    : seed_(seed),
      lists_(dataset.train(), dataset.items(), std::move(rankings), options,
             {"rrd", "user", "items", dataset.user_ids()}) {}

void RrdTerm::BeginEpoch(std::int32_t epoch, const TrainableModel&, const Parallel& parallel) {
  lists_.Sample(seed_, static_cast<std::uint64_t>(epoch), Role::kInteresting, Role::kUninteresting,
                parallel);
}

void RrdTerm::SelectRows(const Batch& batch, EntitySet&, EntitySet& items) {
  for (const std::int32_t user : batch.distinct_users) items.Add(lists_.Of(user));
}

double RrdTerm::Step(const Batch& batch, TrainableModel& student, const Parallel& parallel) {
  return lists_.Step(Side::kUser, batch.distinct_users, student, parallel);
}

}  // namespace derrd
