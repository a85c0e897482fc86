#include "derrd/eval/rankings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "derrd/core/error.h"
#include "derrd/core/test_errors.h"
#include "derrd/eval/test_lists_of.h"
#include "derrd/eval/test_score_table.h"

namespace derrd {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::vector<std::int32_t> SlowRanking(const ScoreTable& model, const Interactions& train,
                                      std::size_t user) {
  std::vector<std::int32_t> items;
  for (std::int32_t item = 0; item < static_cast<std::int32_t>(model.items()); ++item) {
    if (!std::ranges::binary_search(train.Of(user), item)) items.push_back(item);
  }
  std::ranges::stable_sort(items, std::ranges::greater(), [&](std::int32_t item) {
    return model.At(user, static_cast<std::size_t>(item));
  });
  return items;
}

TEST(RankUnobserved, AgreesWithSortingAtAnyNumberOfThreads) {
  const auto model = ScoreTable::WithTies(203, 300, 1);
  const auto train = RandomInteractions(203, 300, 60, 2);
  for (const int threads : {1, 2, 3, 8}) {
    const Rankings rankings = RankUnobserved(model, train.view(), 50, kIndices, Parallel(threads));
    ASSERT_EQ(rankings.users(), 203u);
    ASSERT_EQ(rankings.length(), 50u);
    for (std::size_t user = 0; user < 203; ++user) {
      auto expected = SlowRanking(model, train.view(), user);
      expected.resize(50);
      EXPECT_TRUE(std::ranges::equal(rankings.Of(user), expected)) << user;
    }
  }
}

// A user with every item has no list, one with nearly every item a short one, and the others
// theirs.
TEST(RankUpTo, CutsEachListToWhatItsUserHasLeft) {
  const auto model = ScoreTable::WithTies(70, 90, 11);
  auto train = RandomInteractions(70, 90, 30, 12);
  OwnedInteractions busy;
  for (std::size_t user = 0; user < 70; ++user) {
    const auto own = train.view().Of(user);
    if (user < 2) {
      for (std::int32_t item = user == 0 ? 0 : 3; item < 90; ++item) busy.items.push_back(item);
    } else {
      busy.items.insert(busy.items.end(), own.begin(), own.end());
    }
    busy.offsets.push_back(static_cast<std::int64_t>(busy.items.size()));
  }
  for (const int threads : {1, 3}) {
    const OwnedInteractions ranked = RankUpTo(model, busy.view(), 50, kIndices, Parallel(threads));
    for (std::size_t user = 0; user < 70; ++user) {
      auto expected = SlowRanking(model, busy.view(), user);
      if (expected.size() > 50) expected.resize(50);
      EXPECT_EQ(expected.size(), user == 0 ? 0u : user == 1 ? 3u : 50u);
      EXPECT_TRUE(std::ranges::equal(ranked.view().Of(user), expected)) << user;
    }
  }
}

TEST(RankAllItems, LeavesNothingOut) {
  const auto model = ScoreTable::WithTies(70, 90, 8);
  const std::vector<std::int64_t> offsets(71, 0);
  for (const int threads : {1, 3}) {
    const Rankings rankings = RankAllItems(model, kIndices, 100, Parallel(threads));
    ASSERT_EQ(rankings.length(), 90u);
    for (std::size_t user = 0; user < 70; ++user) {
      EXPECT_TRUE(std::ranges::equal(rankings.Of(user), SlowRanking(model, {offsets, {}}, user)));
    }
  }
}

TEST(RankObserved, OrdersTrainingItemsAndCutsThem) {
  const auto model = ScoreTable::WithTies(130, 90, 9);
  const auto train = RandomInteractions(130, 90, 30, 10);
  for (const int threads : {1, 3}) {
    const OwnedInteractions best =
        RankObserved(model, train.view(), 7, kIndices, Parallel(threads));
    const Interactions lists = best.view();
    ASSERT_EQ(lists.users(), 130u);
    for (std::size_t user = 0; user < 130; ++user) {
      const auto observed = train.view().Of(user);
      std::vector<std::int32_t> expected(observed.begin(), observed.end());
      std::ranges::stable_sort(expected, std::ranges::greater(), [&](std::int32_t item) {
        return model.At(user, static_cast<std::size_t>(item));
      });
      expected.resize(std::min<std::size_t>(expected.size(), 7));
      EXPECT_TRUE(std::ranges::equal(lists.Of(user), expected)) << user;
    }
  }
}

TEST(RankObserved, NanIsAnErrorThatNamesUserAndItem) {
  auto model = ScoreTable::WithTies(2, 30, 6);
  model.At(1, 13) = std::numeric_limits<float>::quiet_NaN();
  OwnedInteractions train;
  train.items = {5, 13, 20};
  train.offsets = {0, 0, 3};
  EXPECT_THAT(MessageOf([&] { RankObserved(model, train.view(), 2, kIndices, Parallel(2)); }),
              AllOf(HasSubstr("'1'"), HasSubstr("'13'")));
}

TEST(RankUnobserved, IsCutToWhatEveryUserHas) {
  const auto model = ScoreTable::WithTies(20, 30, 3);
  const auto train = RandomInteractions(20, 30, 25, 4);
  std::size_t most = 0;
  for (std::size_t user = 0; user < 20; ++user) most = std::max(most, train.view().Of(user).size());
  const Rankings rankings = RankUnobserved(model, train.view(), 500, kIndices, Parallel(2));
  EXPECT_EQ(rankings.length(), 30 - most);
}

TEST(RankUnobserved, SomebodyWhoHasEverythingIsAnError) {
  const auto model = ScoreTable::WithTies(2, 2, 5);
  OwnedInteractions train;
  train.items = {0, 1};
  train.offsets = {0, 0, 2};
  EXPECT_THAT(MessageOf([&] { RankUnobserved(model, train.view(), 500, kIndices, Parallel(1)); }),
              AllOf(HasSubstr("user '1'"), HasSubstr("2 of the 2 items")));
}

TEST(RankUnobserved, NanIsAnErrorThatNamesUserAndItem) {
  auto model = ScoreTable::WithTies(70, 30, 6);
  model.At(69, 3) = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THAT(MessageOf([&] {
                RankUnobserved(model, RandomInteractions(70, 3, 2, 7).view(), 5, kIndices,
                               Parallel(2));
              }),
              AllOf(HasSubstr("'69'"), HasSubstr("'3'")));
}

TEST(RankUnobserved, OfListsAgreesWithTheirScores) {
  const auto model = ScoreTable::WithTies(203, 300, 1);
  const auto train = RandomInteractions(203, 300, 60, 2);
  for (const WithScores with_scores : {WithScores::kYes, WithScores::kNo}) {
    const RankedLists lists = ListsOf(model, 150, with_scores);
    for (const int threads : {1, 3}) {
      const Rankings expected =
          RankUnobserved(model, train.view(), 50, kIndices, Parallel(threads));
      const Rankings rankings =
          RankUnobserved(lists, train.view(), 50, kIndices, Parallel(threads));
      EXPECT_TRUE(std::ranges::equal(rankings.matrix().elements(), expected.matrix().elements()));
      EXPECT_TRUE(std::ranges::equal(
          RankAllItems(lists, kIndices, 150, Parallel(threads)).matrix().elements(),
          RankAllItems(model, kIndices, 150, Parallel(threads)).matrix().elements()));
    }
  }
}

TEST(RankUnobserved, AListThatIsTooShortNamesTheUserAndWhatAskedForMore) {
  const RankedLists lists({0, 4, 7, 10}, {0, 1, 2, 3, 4, 5, 0, 1, 2, 3}, {}, 9);
  const std::vector<std::int64_t> offsets{0, 0, 1, 3};
  const std::vector<std::int32_t> items{5, 2, 8};
  const Interactions train{offsets, items};
  const Rankings rankings = RankUnobserved(lists, train, 2, kIndices, Parallel(1));
  EXPECT_THAT(rankings.Of(1), testing::ElementsAre(4, 0));
  EXPECT_THAT(rankings.Of(2), testing::ElementsAre(1, 3));
  EXPECT_THAT([&] { RankUnobserved(lists, train, 3, kIndices, Parallel(2), "--rrd-top"); },
              testing::ThrowsMessage<UsageError>(AllOf(HasSubstr("--rrd-top 3"),
                                                       HasSubstr("user '1' has 2 items"),
                                                       HasSubstr("not in training"))));
  EXPECT_THAT([&] { RankAllItems(lists, kIndices, 4, Parallel(1)); },
              testing::ThrowsMessage<UsageError>(
                  AllOf(HasSubstr("length 4"), HasSubstr("user '1' has 3 items"))));
}

}  // namespace
}  // namespace derrd
