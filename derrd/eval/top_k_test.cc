#include "derrd/eval/top_k.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "derrd/core/error.h"
#include "derrd/eval/test_score_table.h"
#include "derrd/models/ranked_lists.h"

namespace derrd {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

struct Broken {
  std::int32_t item;
};
void ThrowBroken(std::int32_t item, float) { throw Broken{item}; }

std::vector<ScoredItem> SlowTopK(std::span<const float> scores,
                                 std::span<const std::int32_t> excluded, std::size_t k) {
  std::vector<ScoredItem> all;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    const auto item = static_cast<std::int32_t>(i);
    if (std::ranges::find(excluded, item) == excluded.end()) all.push_back({item, scores[i]});
  }
  std::ranges::stable_sort(all, std::ranges::greater(), &ScoredItem::score);
  all.resize(std::min(k, all.size()));
  return all;
}

std::vector<ScoredItem> Select(TopK& top, std::span<const float> scores,
                               std::span<const std::int32_t> excluded) {
  const auto best = top.Select(scores, excluded, ThrowBroken);
  return {best.begin(), best.end()};
}

TEST(TopK, AgreesWithSorting) {
  for (const std::size_t items : {1, 2, 63, 64, 65, 300, 5000}) {
    const auto excluded = RandomInteractions(3, items, items, items);
    for (const std::size_t k : {0, 1, 2, 10, 100, 299, 300, 6000}) {
      TopK top(k);
      for (std::size_t user = 0; user < 3; ++user) {
        RandomStream random(9, Role::kTest, items, user);
        std::vector<float> scores(items);
        const std::uint32_t distinct = user == 0 ? 3 : 1u << 20;
        for (float& score : scores) score = static_cast<float>(random.Below(distinct)) - 1000.0f;
        if (user == 2) std::ranges::sort(scores);  // every score is a new best: the slowest order
        const auto left_out = excluded.view().Of(user);
        EXPECT_EQ(Select(top, scores, left_out), SlowTopK(scores, left_out, k))
            << items << " items, k " << k << ", user " << user;
      }
    }
  }
}

// Long lists begin with a guess of their last score, from every n-th of the scores.
TEST(TopK, LongListsAgreeWithSorting) {
  const std::size_t items = 25000, stride = items / 2048;
  const auto excluded = RandomInteractions(1, items, 900, 900);
  std::vector<std::vector<float>> rows(5, std::vector<float>(items));
  RandomStream random(10, Role::kTest, 0, 0);
  for (std::size_t i = 0; i < items; ++i) {
    rows[0][i] = static_cast<float>(random.Uniform());
    rows[1][i] = static_cast<float>(i);
    rows[2][i] = -static_cast<float>(random.Below(3));
    rows[3][i] = i % stride == 0 ? 1.0f : static_cast<float>(random.Uniform());  // guessed too high
    rows[4][i] = i % stride == 0 ? 0.0f : static_cast<float>(random.Uniform());  // and too low
  }
  for (const std::size_t k : {257, 3000, 6250, 6251, 20000}) {
    TopK top(k);
    for (std::size_t row = 0; row < rows.size(); ++row) {
      const auto left_out = excluded.view().Of(0);
      EXPECT_EQ(Select(top, rows[row], left_out), SlowTopK(rows[row], left_out, k))
          << "row " << row << ", k " << k;
    }
  }
}

TEST(TopK, TiesGoToTheLowerItem) {
  TopK top(3);
  const std::vector<float> scores = {1, 2, 2, 1, 2, 2};
  const auto best = top.Select(scores, {}, ThrowBroken);
  EXPECT_THAT(best, ElementsAre(ScoredItem{1, 2}, ScoredItem{2, 2}, ScoredItem{4, 2}));
}

TEST(TopK, NegativeZeroEqualsZero) {
  TopK top(3);
  const std::vector<float> scores = {-0.0f, 0.0f, -1e-30f, 1e-30f};
  const auto best = top.Select(scores, {}, ThrowBroken);
  EXPECT_THAT(best, ElementsAre(ScoredItem{3, 1e-30f}, ScoredItem{0, 0}, ScoredItem{1, 0}));
}

TEST(TopK, AllExcluded) {
  TopK top(3);
  const std::vector<float> scores = {1, 2};
  const std::vector<std::int32_t> excluded = {0, 1};
  EXPECT_TRUE(top.Select(scores, excluded, ThrowBroken).empty());
}

TEST(TopK, ScoresThatAreNotFiniteAreComplainedAboutUnlessExcluded) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), kInfinity}) {
    std::vector<float> scores(1000, 1.0f);
    scores[500] = 2.0f;
    scores[998] = bad;
    TopK top(1);
    try {
      top.Select(scores, {}, ThrowBroken);
      FAIL();
    } catch (const Broken& broken) {
      EXPECT_EQ(broken.item, 998);
    }
    const std::vector<std::int32_t> excluded = {998};
    EXPECT_EQ(top.Select(scores, excluded, ThrowBroken)[0].item, 500);
  }
  TopK both(2);
  const std::vector<float> scores = {1.0f, -kInfinity};
  EXPECT_THROW(both.Select(scores, {}, ThrowBroken), Broken);
}

TEST(ForEachTopK, EachUserOnceWithItsOwn) {
  const auto model = ScoreTable::WithTies(331, 97, 11);
  const auto excluded = RandomInteractions(331, 97, 20, 12);
  const std::vector<std::int32_t> users = {330, 0, 17, 5};
  for (const int threads : {1, 2, 3, 8}) {
    std::vector<std::vector<ScoredItem>> found(331);
    ForEachTopK(model, users, excluded.view(), 10, kIndices, Parallel(threads),
                [&](std::int32_t user, std::span<const ScoredItem> items) {
                  auto& mine = found[static_cast<std::size_t>(user)];
                  EXPECT_TRUE(mine.empty());
                  mine.assign(items.begin(), items.end());
                });
    for (std::size_t user = 0; user < 331; ++user) {
      std::vector<float> scores(97);
      for (std::size_t item = 0; item < 97; ++item) scores[item] = model.At(user, item);
      const bool asked = std::ranges::find(users, static_cast<std::int32_t>(user)) != users.end();
      EXPECT_EQ(found[user],
                asked ? SlowTopK(scores, excluded.view().Of(user), 10) : std::vector<ScoredItem>());
    }
  }
}

TEST(ForEachTopK, NothingExcludedWhenThereIsNothingToExclude) {
  ScoreTable model(Matrix<float>(1, 2));
  model.At(0, 1) = 1.0f;
  const std::vector<std::int32_t> users = {0};
  ForEachTopK(model, users, {}, 5, kIndices, Parallel(1),
              [](std::int32_t, std::span<const ScoredItem> items) {
                EXPECT_THAT(items, ElementsAre(ScoredItem{1, 1}, ScoredItem{0, 0}));
              });
}

TEST(ForEachTopK, OfListsIsWhatTheyHoldAndNoMore) {
  const RankedLists lists({0, 4, 5}, {3, 0, 2, 1, 4}, {}, 6);
  const std::vector<std::int64_t> offsets{0, 1, 1};
  const std::vector<std::int32_t> items{0}, users{1, 0};
  std::vector<std::vector<ScoredItem>> found(2);
  const auto keep = [&](std::int32_t user, std::span<const ScoredItem> best) {
    found[static_cast<std::size_t>(user)].assign(best.begin(), best.end());
  };
  ForEachTopK(lists, users, {offsets, items}, 2, kIndices, Parallel(2), keep);
  EXPECT_THAT(found[0], testing::ElementsAre(ScoredItem{3, -1}, ScoredItem{2, -3}));
  EXPECT_THAT(found[1], testing::ElementsAre(ScoredItem{4, -1}));
}

}  // namespace
}  // namespace derrd
