#include "derrd/eval/rankings.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "derrd/core/error.h"
#include "derrd/eval/top_k.h"

namespace derrd {
namespace {

std::size_t FewestUnobserved(const Interactions& train, std::size_t items) {
  std::size_t most = 0;
  for (std::size_t user = 0; user < train.users(); ++user) {
    most = std::max(most, train.Of(user).size());
  }
  return items - most;
}

}  // namespace

Rankings RankUnobserved(const Model& model, const Interactions& train, std::size_t length,
                        const Names& names, const Parallel& parallel) {
  const std::size_t kept = std::min(length, FewestUnobserved(train, model.items()));
  if (kept == 0) {
    Fail(
        "a ranking of {} unobserved items cannot be made: some user has all {} items in training; "
        "leave that user out, or ask for a ranking of at least one item",
        length, model.items());
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
