#include "derrd/eval/rankings.h"

#include <algorithm>
#include <vector>

#include "derrd/core/error.h"
#include "derrd/eval/top_k.h"
#include "derrd/models/ranked_lists.h"

namespace derrd {
namespace {

constexpr std::size_t kUserGrain = 64;  // users a task ranks

std::size_t CountWithout(std::span<const std::int32_t> list, const Interactions& excluded,
                         std::size_t user) {
  const auto left_out = excluded.OfOrNone(user);
  return static_cast<std::size_t>(std::ranges::count_if(
      list, [&](std::int32_t item) { return !std::ranges::binary_search(left_out, item); }));
}

// Whatever a list does not hold has no order, so nothing can stand in for it.
void CheckLongEnough(const RankedLists& lists, const Interactions& excluded, std::size_t length,
                     const Names& names, std::string_view asked_by) {
  std::size_t shortest_user = 0, shortest = length;
  for (std::size_t user = 0; user < lists.users(); ++user) {
    const std::size_t left = CountWithout(lists.Of(user), excluded, user);
    const std::size_t unseen = lists.items() - excluded.OfOrNone(user).size();
    if (left >= std::min(shortest, unseen)) continue;
    shortest_user = user;
    shortest = left;
  }
  if (shortest == length) return;
  const std::string_view unseen = excluded.users() == 0 ? "" : " that the user has not in training";
  Fail<UsageError>(
      "{} {}: the teacher's list of user '{}' has {} items{}, the fewest of all; {}give it longer "
      "lists{}",
      asked_by, length, Called(names.users, static_cast<std::int32_t>(shortest_user)), shortest,
      unseen, shortest == 0 ? "" : "ask for at most as many, or ",
      unseen.empty() ? "" : ", best without what users have in training");
}

Rankings RankWithout(const Model& model, const Interactions& excluded, std::size_t length,
                     const Names& names, const Parallel& parallel, std::string_view asked_by) {
  if (model.lists() != nullptr) {
    CheckLongEnough(*model.lists(), excluded, length, names, asked_by);
  }
  Matrix<std::int32_t> items(model.users(), length);
  ForEachTopK(model, excluded, length, names, parallel,
              [&](std::int32_t user, std::span<const ScoredItem> best) {
                std::ranges::transform(best, items.row(static_cast<std::size_t>(user)),
                                       &ScoredItem::item);
              });
  return Rankings(std::move(items));
}

}  // namespace

Rankings RankUnobserved(const Model& model, const Interactions& train, std::size_t length,
                        const Names& names, const Parallel& parallel, std::string_view asked_by) {
  const std::size_t busiest = train.Busiest();  // who has the fewest left to rank
  const std::size_t kept = std::min(length, model.items() - train.Of(busiest).size());
  if (kept == 0) {
    Fail(
        "user '{}' has {} of the {} items in training, so that no ranking of {} unobserved items "
        "can be made for everybody; {}",
        Called(names.users, static_cast<std::int32_t>(busiest)), train.Of(busiest).size(),
        model.items(), length,
        length == 0 ? "ask for at least one item" : "import without that user");
  }
  return RankWithout(model, train, kept, names, parallel, asked_by);
}

Rankings RankUnobserved(const Model& model, const Dataset& dataset, std::size_t length,
                        const Parallel& parallel, std::string_view asked_by) {
  return RankUnobserved(model, dataset.train(), length, NamesOf(dataset), parallel, asked_by);
}

OwnedInteractions RankUpTo(const Model& model, const Interactions& train, std::size_t length,
                           const Names& names, const Parallel& parallel,
                           std::string_view asked_by) {
  if (model.lists() != nullptr) CheckLongEnough(*model.lists(), train, length, names, asked_by);
  OwnedInteractions ranked = ListsUpTo(length, train, model.items());
  ForEachTopK(model, train, length, names, parallel,
              [&](std::int32_t user, std::span<const ScoredItem> best) {
                std::ranges::transform(
                    best, ranked.items.begin() + ranked.offsets[static_cast<std::size_t>(user)],
                    &ScoredItem::item);
              });
  return ranked;
}

std::string BusiestUser(const Dataset& dataset) {
  const std::size_t busiest = dataset.train().Busiest();
  return fmt::format("user '{}' has {} of the {} items in training", dataset.user_ids()[busiest],
                     dataset.train().Of(busiest).size(), dataset.items());
}

Rankings RankAllItems(const Model& model, const Names& names, std::size_t length,
                      const Parallel& parallel, std::string_view asked_by) {
  return RankWithout(model, Interactions{}, std::min(length, model.items()), names, parallel,
                     asked_by);
}

OwnedInteractions RankObserved(const Model& model, const Interactions& train, std::size_t length,
                               const Names& names, const Parallel& parallel) {
  OwnedInteractions best_of;
  for (std::size_t u = 0; u < train.users(); ++u) {
    const std::size_t kept = std::min(length, train.Of(u).size());
    best_of.offsets.push_back(best_of.offsets.back() + static_cast<std::int64_t>(kept));
  }
  best_of.items.resize(static_cast<std::size_t>(best_of.offsets.back()));
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
          selector.Select(scores, {}, not_finite), best_of.items.begin() + best_of.offsets[u],
          [&](const ScoredItem& best) { return observed[static_cast<std::size_t>(best.item)]; });
    }
  });
  return best_of;
}

}  // namespace derrd
