#include "derrd/eval/item_side.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>
#include <vector>

#include "derrd/core/error.h"
#include "derrd/core/interactions.h"
#include "derrd/eval/top_k.h"

namespace derrd {
namespace {

constexpr std::size_t kItemBlock = 64;        // items whose scores are held at a time
constexpr std::size_t kScoredUserGrain = 64;  // users a task scores
constexpr std::size_t kRankedItemGrain = 8;   // items a task ranks
constexpr std::size_t kListGrain = 64;        // users whose lists one task scores

// How many users every item can rank, at most `length`.
std::size_t CommonLength(const Interactions& by_item, std::size_t users, std::size_t length,
                         const Names& names, std::string_view remedy) {
  const std::size_t busiest = by_item.Busiest();
  const std::size_t observed = by_item.Of(busiest).size();
  if (observed == users) {
    Fail(
        "item '{}' is in the training set of all {} users, so that nobody is left to rank for it; "
        "{}",
        Called(names.items, static_cast<std::int32_t>(busiest)), users, remedy);
  }
  return std::min(length, users - observed);
}

// scores: a row for each of the items, a column for each user.
void ScoreForUsers(const Model& model, std::span<const std::int32_t> items,
                   MatrixView<float> scores, const Parallel& parallel) {
  parallel.ForRanges(model.users(), kScoredUserGrain, [&](std::size_t begin, std::size_t end) {
    std::array<float, kItemBlock> buffer;
    const std::span<float> of_user = std::span(buffer).first(items.size());
    for (std::size_t user = begin; user < end; ++user) {
      model.ScoreItems(static_cast<std::int32_t>(user), items, of_user);
      for (std::size_t i = 0; i < items.size(); ++i) scores(i, user) = of_user[i];
    }
  });
}

// Calls take(item, best) for every item with its best users outside `by_item`, at most `length`.
template <typename Take>
void ForEachTopUsers(const Model& model, const Interactions& by_item, std::size_t length,
                     const Names& names, const Parallel& parallel, const Take& take) {
  Matrix<float> scores(kItemBlock, model.users());
  std::vector<std::int32_t> items(model.items());
  std::iota(items.begin(), items.end(), 0);
  for (std::size_t first = 0; first < items.size(); first += kItemBlock) {
    const auto block = std::span(items).subspan(first, std::min(kItemBlock, items.size() - first));
    ScoreForUsers(model, block, scores, parallel);
    parallel.ForRanges(block.size(), kRankedItemGrain, [&](std::size_t begin, std::size_t end) {
      TopK selector(length);
      for (std::size_t i = begin; i < end; ++i) {
        take(first + i, selector.Select({scores.row(i), scores.cols()}, by_item.Of(first + i),
                                        [&](std::int32_t user, float score) {
                                          FailNotFinite(names, user, block[i], score);
                                        }));
      }
    });
  }
}

}  // namespace

Rankings RankUnobservedUsers(const Model& model, const Interactions& train, std::size_t length,
                             const Names& names, const Parallel& parallel,
                             std::string_view remedy) {
  const OwnedInteractions by_item = ByItem(train, model.items());
  const std::size_t kept = CommonLength(by_item.view(), model.users(), length, names, remedy);
  Matrix<std::int32_t> ranked(model.items(), kept);
  ForEachTopUsers(model, by_item.view(), kept, names, parallel,
                  [&](std::size_t item, std::span<const ScoredItem> best) {
                    std::ranges::transform(best, ranked.row(item), &ScoredItem::item);
                  });
  return Rankings(std::move(ranked));
}

OwnedInteractions RankUsersUpTo(const Model& model, const Interactions& train, std::size_t length,
                                const Names& names, const Parallel& parallel) {
  const OwnedInteractions by_item = ByItem(train, model.items());
  OwnedInteractions ranked = ListsUpTo(length, by_item.view(), model.users());
  ForEachTopUsers(model, by_item.view(), length, names, parallel,
                  [&](std::size_t item, std::span<const ScoredItem> best) {
                    std::ranges::transform(best, ranked.items.begin() + ranked.offsets[item],
                                           &ScoredItem::item);
                  });
  return ranked;
}

Rankings RankUnobservedUsers(const Model& model, const Dataset& dataset, std::size_t length,
                             const Parallel& parallel, std::string_view remedy) {
  return RankUnobservedUsers(model, dataset.train(), length, NamesOf(dataset), parallel, remedy);
}

// A counting sort by user; then each user's scores are asked for at once.
void ScoreUserLists(const Model& model, std::span<const std::int32_t> items,
                    MatrixView<const std::int32_t> users, MatrixView<float> out,
                    const Parallel& parallel) {
  std::vector<std::size_t> begin(model.users() + 1, 0);
  for (const std::int32_t user : users.elements()) ++begin[static_cast<std::size_t>(user) + 1];
  std::partial_sum(begin.begin(), begin.end(), begin.begin());
  std::vector<std::size_t> next(begin.begin(), begin.end() - 1);
  std::vector<std::int32_t> sorted_items(users.size());
  std::vector<std::uint32_t> places(users.size());
  for (std::size_t place = 0; place < users.size(); ++place) {
    const std::size_t at = next[static_cast<std::size_t>(users.elements()[place])]++;
    sorted_items[at] = items[place / users.cols()];
    places[at] = static_cast<std::uint32_t>(place);
  }
  parallel.ForRanges(model.users(), kListGrain, [&](std::size_t first, std::size_t last) {
    std::vector<float> scores;
    for (std::size_t u = first; u < last; ++u) {
      const std::size_t count = begin[u + 1] - begin[u];
      if (count == 0) continue;
      scores.resize(count);
      model.ScoreItems(static_cast<std::int32_t>(u),
                       std::span<const std::int32_t>(sorted_items).subspan(begin[u], count),
                       scores);
      for (std::size_t i = 0; i < count; ++i) out.elements()[places[begin[u] + i]] = scores[i];
    }
  });
}

}  // namespace derrd
