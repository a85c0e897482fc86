#include "derrd/eval/item_side.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "derrd/core/error.h"
#include "derrd/core/interactions.h"
#include "derrd/core/random.h"
#include "derrd/core/test_errors.h"
#include "derrd/eval/test_score_table.h"

namespace derrd {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::vector<std::int32_t> SlowUserRanking(const ScoreTable& model, const Interactions& train,
                                          std::size_t item) {
  std::vector<std::int32_t> users;
  for (std::size_t user = 0; user < model.users(); ++user) {
    if (!std::ranges::binary_search(train.Of(user), static_cast<std::int32_t>(item))) {
      users.push_back(static_cast<std::int32_t>(user));
    }
  }
  std::ranges::stable_sort(users, std::ranges::greater(), [&](std::int32_t user) {
    return model.At(static_cast<std::size_t>(user), item);
  });
  return users;
}

TEST(RankUnobservedUsers, AgreesWithSortingAtAnyNumberOfThreads) {
  const auto model = ScoreTable::WithTies(203, 131, 1);
  const auto train = RandomInteractions(203, 131, 60, 2);
  for (const int threads : {1, 2, 3, 8}) {
    const Rankings rankings =
        RankUnobservedUsers(model, train.view(), 50, kIndices, Parallel(threads));
    ASSERT_EQ(rankings.users(), 131u);
    ASSERT_EQ(rankings.length(), 50u);
    for (std::size_t item = 0; item < 131; ++item) {
      auto expected = SlowUserRanking(model, train.view(), item);
      expected.resize(50);
      EXPECT_TRUE(std::ranges::equal(rankings.Of(item), expected)) << item;
    }
  }
}

TEST(RankUnobservedUsers, IsCutToWhatEveryItemHas) {
  const auto model = ScoreTable::WithTies(20, 30, 3);
  const auto train = RandomInteractions(20, 30, 25, 4);
  const OwnedInteractions by_item = ByItem(train.view(), 30);
  std::size_t most = 0;
  for (std::size_t item = 0; item < 30; ++item) {
    most = std::max(most, by_item.view().Of(item).size());
  }
  ASSERT_GT(most, 0u);
  EXPECT_EQ(RankUnobservedUsers(model, train.view(), 500, kIndices, Parallel(2)).length(),
            20 - most);
}

TEST(RankUsersUpTo, CutsEachListToWhatItsItemHasLeft) {
  const auto model = ScoreTable::WithTies(20, 130, 3);
  const auto train = RandomInteractions(20, 130, 120, 4);
  const OwnedInteractions by_item = ByItem(train.view(), 130);
  std::size_t shorter = 0;
  for (const int threads : {1, 3}) {
    const OwnedInteractions ranked =
        RankUsersUpTo(model, train.view(), 8, kIndices, Parallel(threads));
    for (std::size_t item = 0; item < 130; ++item) {
      auto expected = SlowUserRanking(model, train.view(), item);
      if (expected.size() > 8) expected.resize(8);
      shorter += expected.size() < 8 ? 1 : 0;
      EXPECT_TRUE(std::ranges::equal(ranked.view().Of(item), expected)) << item;
    }
  }
  EXPECT_GT(shorter, 0u);
}

TEST(RankUnobservedUsers, AnItemThatEverybodyHasIsAnError) {
  const auto model = ScoreTable::WithTies(2, 2, 5);
  OwnedInteractions train;
  train.items = {1, 1};
  train.offsets = {0, 1, 2};
  EXPECT_THAT(
      MessageOf([&] { RankUnobservedUsers(model, train.view(), 500, kIndices, Parallel(1)); }),
      AllOf(HasSubstr("item '1'"), HasSubstr("all 2 users")));
}

TEST(RankUnobservedUsers, NanIsAnErrorThatNamesUserAndItemUnlessItIsLeftOut) {
  auto model = ScoreTable::WithTies(70, 90, 6);
  OwnedInteractions train;
  train.items = {3};
  train.offsets.resize(70, 0);
  train.offsets.push_back(1);  // the last user has item 3
  model.At(69, 3) = std::numeric_limits<float>::quiet_NaN();
  EXPECT_NO_THROW(RankUnobservedUsers(model, train.view(), 10, kIndices, Parallel(2)));
  model.At(69, 83) = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THAT(
      MessageOf([&] { RankUnobservedUsers(model, train.view(), 10, kIndices, Parallel(2)); }),
      AllOf(HasSubstr("'69'"), HasSubstr("'83'")));
}

TEST(ScoreUserLists, ScoresEachPairWhereItStands) {
  const auto model = ScoreTable::WithTies(200, 30, 7);
  const std::vector<std::int32_t> items{29, 4, 4, 0};
  for (const std::size_t length : {std::size_t{1}, std::size_t{7}, std::size_t{500}}) {
    Matrix<std::int32_t> users(items.size(), length);
    RandomStream stream(7, Role::kTest, 2, length);
    for (std::int32_t& user : users.view().elements()) {
      user = static_cast<std::int32_t>(stream.Below(200));
    }
    Matrix<float> scores(items.size(), length);
    ScoreUserLists(model, items, users, scores, Parallel(3));
    for (std::size_t i = 0; i < items.size(); ++i) {
      for (std::size_t j = 0; j < length; ++j) {
        EXPECT_EQ(scores(i, j), model.At(static_cast<std::size_t>(users(i, j)),
                                         static_cast<std::size_t>(items[i])));
      }
    }
  }
}

}  // namespace
}  // namespace derrd
