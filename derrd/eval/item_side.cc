#include "derrd/eval/item_side.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "derrd/kernels/select.h"

namespace derrd {
namespace {

constexpr std::size_t kHeldScores = std::size_t{1} << 24;  // held at once while ranking
constexpr std::size_t kUsersOfATask = 16;                  // whose scores one task computes
constexpr std::size_t kMostHeldUsers = 256;
constexpr std::size_t kItemGrain = 256;  // items whose best users one task keeps
constexpr std::size_t kListGrain = 64;   // users whose lists one task scores

struct ScoredUser {
  float score;
  std::int32_t user;
};

bool IsBetter(const ScoredUser& a, const ScoredUser& b) {
  return a.score != b.score ? a.score > b.score : a.user < b.user;
}

// The best users of an item so far, a heap with the worst of them on top.
class BestUsers {
 public:
  BestUsers(ScoredUser* heap, std::size_t size, std::size_t room)
      : heap_(heap), size_(size), room_(room) {}

  // Users come in ascending order, so one who only equals the worst loses the tie.
  void Offer(ScoredUser user) {
    if (size_ == room_) {
      if (!(user.score > heap_[0].score)) return;
      std::pop_heap(heap_, heap_ + size_, IsBetter);
      --size_;
    }
    heap_[size_++] = user;
    std::push_heap(heap_, heap_ + size_, IsBetter);
  }
  std::size_t size() const { return size_; }

 private:
  ScoredUser* heap_;
  std::size_t size_, room_;
};

std::size_t MostUsersOfAnItem(const Interactions& train, std::size_t items) {
  std::vector<std::size_t> users(items, 0);
  for (const std::int32_t item : train.items) ++users[static_cast<std::size_t>(item)];
  return users.empty() ? 0 : *std::ranges::max_element(users);
}

// Scores of the users in every item; minus infinity for what they have in training.
void ScoreUnobserved(const Model& model, const Interactions& train, const Names& names,
                     std::span<const std::int32_t> users, MatrixView<float> out) {
  model.ScoreAllItems(users, out);
  for (std::size_t i = 0; i < users.size(); ++i) {
    const auto observed = train.Of(static_cast<std::size_t>(users[i]));
    float* row = out.row(i);
    for (const std::int32_t item : observed) row[item] = 0.0f;  // may have been anything
    if (!kernels::AllFinite(row, out.cols())) {
      const float* bad =
          std::find_if_not(row, row + out.cols(), [](float x) { return std::isfinite(x); });
      FailNotFinite(names, users[i], static_cast<std::int32_t>(bad - row), *bad);
    }
    for (const std::int32_t item : observed) row[item] = -std::numeric_limits<float>::infinity();
  }
}

}  // namespace

Matrix<std::int32_t> RankUsersOfItems(const Model& model, const Interactions& train,
                                      std::size_t length, const Names& names,
                                      const Parallel& parallel) {
  const std::size_t items = model.items();
  const std::size_t kept =
      std::min(length, model.users() - MostUsersOfAnItem(train, model.items()));
  Matrix<std::int32_t> ranking(items, kept);
  if (kept == 0) return ranking;
  Matrix<ScoredUser> best(items, kept);
  std::vector<std::size_t> sizes(items, 0);
  std::vector<std::int32_t> users(model.users());
  std::iota(users.begin(), users.end(), 0);
  const std::size_t block =
      std::clamp(kHeldScores / std::max<std::size_t>(items, 1), kUsersOfATask, kMostHeldUsers);
  Matrix<float> scores;
  for (std::size_t first = 0; first < users.size(); first += block) {
    const auto of_block =
        std::span<const std::int32_t>(users).subspan(first, std::min(block, users.size() - first));
    scores.Reshape(of_block.size(), items);
    parallel.ForRanges(of_block.size(), kUsersOfATask, [&](std::size_t begin, std::size_t end) {
      ScoreUnobserved(model, train, names, of_block.subspan(begin, end - begin),
                      scores.view().Rows(begin, end));
    });
    parallel.ForRanges(items, kItemGrain, [&](std::size_t begin, std::size_t end) {
      for (std::size_t u = 0; u < of_block.size(); ++u) {
        const float* row = scores.row(u);
        for (std::size_t i = begin; i < end; ++i) {
          if (std::isinf(row[i])) continue;
          BestUsers heap(best.row(i), sizes[i], kept);
          heap.Offer({row[i], of_block[u]});
          sizes[i] = heap.size();
        }
      }
    });
  }
  parallel.ForRanges(items, kItemGrain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      std::sort_heap(best.row(i), best.row(i) + kept, IsBetter);
      std::transform(best.row(i), best.row(i) + kept, ranking.row(i),
                     [](const ScoredUser& user) { return user.user; });
    }
  });
  return ranking;
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
