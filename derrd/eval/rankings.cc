#include "derrd/eval/rankings.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "derrd/core/error.h"
#include "derrd/eval/top_k.h"

namespace derrd {
namespace {

// The user with the most items, who has the fewest left to rank.
std::size_t BusiestUser(const Interactions& train) {
  std::size_t busiest = 0;
  for (std::size_t user = 1; user < train.users(); ++user) {
    if (train.Of(user).size() > train.Of(busiest).size()) busiest = user;
  }
  return busiest;
}

}  // namespace

Rankings RankUnobserved(const Model& model, const Interactions& train, std::size_t length,
                        const Names& names, const Parallel& parallel) {
  const std::size_t busiest = BusiestUser(train);
  const std::size_t kept = std::min(length, model.items() - train.Of(busiest).size());
  if (kept == 0) {
    Fail(
        "user '{}' has {} of the {} items in training, so that no ranking of {} unobserved items "
        "can "
        "be made for everybody; leave that user out, or ask for at least one item",
        Called(names.users, static_cast<std::int32_t>(busiest)), train.Of(busiest).size(),
        model.items(), length);
  }
  Matrix<std::int32_t> items(model.users(), kept);
  std::vector<std::int32_t> users(model.users());
  std::iota(users.begin(), users.end(), 0);
  ForEachTopK(model, users, train, kept, names, parallel,
              [&](std::int32_t user, std::span<const ScoredItem> best) {
                std::ranges::transform(best, items.row(static_cast<std::size_t>(user)),
                                       &ScoredItem::item);
              });
  return Rankings(std::move(items));
}

Rankings RankUnobserved(const Model& model, const Dataset& dataset, std::size_t length,
                        const Parallel& parallel) {
  return RankUnobserved(model, dataset.train(), length,
                        Names{dataset.user_ids(), dataset.item_ids()}, parallel);
}

}  // namespace derrd
