#include "derrd/eval/rankings.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "derrd/core/error.h"
#include "derrd/eval/top_k.h"

namespace derrd {
namespace {

constexpr std::size_t kUserGrain = 64;  // users a task ranks

// The user with the most items, who has the fewest left to rank.
std::size_t BusiestUser(const Interactions& train) {
  std::size_t busiest = 0;
  for (std::size_t user = 1; user < train.users(); ++user) {
    if (train.Of(user).size() > train.Of(busiest).size()) busiest = user;
  }
  return busiest;
}

Rankings RankWithout(const Model& model, const Interactions& excluded, std::size_t length,
                     const Names& names, const Parallel& parallel) {
  Matrix<std::int32_t> items(model.users(), length);
  std::vector<std::int32_t> users(model.users());
  std::iota(users.begin(), users.end(), 0);
  ForEachTopK(model, users, excluded, length, names, parallel,
              [&](std::int32_t user, std::span<const ScoredItem> best) {
                std::ranges::transform(best, items.row(static_cast<std::size_t>(user)),
                                       &ScoredItem::item);
              });
  return Rankings(std::move(items));
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
  return RankWithout(model, train, kept, names, parallel);
}

Rankings RankUnobserved(const Model& model, const Dataset& dataset, std::size_t length,
                        const Parallel& parallel) {
  return RankUnobserved(model, dataset.train(), length,
                        Names{dataset.user_ids(), dataset.item_ids()}, parallel);
}

Rankings RankAllItems(const Model& model, const Names& names, std::size_t length,
                      const Parallel& parallel) {
  return RankWithout(model, Interactions{}, std::min(length, model.items()), names, parallel);
}

ObservedRankings RankObserved(const Model& model, const Interactions& train, std::size_t length,
                              const Names& names, const Parallel& parallel) {
  std::vector<std::int64_t> offsets(train.users() + 1, 0);
  for (std::size_t u = 0; u < train.users(); ++u) {
    const std::size_t kept = std::min(length, train.Of(u).size());
    offsets[u + 1] = offsets[u] + static_cast<std::int64_t>(kept);
  }
  std::vector<std::int32_t> items(static_cast<std::size_t>(offsets.back()));
  parallel.ForRanges(train.users(), kUserGrain, [&](std::size_t begin, std::size_t end) {
    TopK selector(length);
    std::vector<float> scores;
    for (std::size_t u = begin; u < end; ++u) {
      const auto user = static_cast<std::int32_t>(u);
      const auto observed = train.Of(u);
      scores.resize(observed.size());
      model.ScoreItems(user, observed, scores);
      const auto not_finite = [&](std::int32_t place, float score) {
        FailNotFinite(names, user, observed[static_cast<std::size_t>(place)], score);
      };
      std::ranges::transform(
          selector.Select(scores, {}, not_finite), items.begin() + offsets[u],
          [&](const ScoredItem& best) { return observed[static_cast<std::size_t>(best.item)]; });
    }
  });
  return {std::move(offsets), std::move(items)};
}

}  // namespace derrd
