#include "derrd/eval/item_side.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "derrd/core/error.h"
#include "derrd/eval/testdata/score_table.h"

namespace derrd {
namespace {

TEST(RankUsersOfItems, AgreesWithSortingAtAnyNumberOfThreads) {
  const std::size_t users = 613, items = 301;
  const auto model = ScoreTable::WithTies(users, items, 1);
  const auto train = RandomInteractions(users, items, 60, 2);
  for (const int threads : {1, 2, 3, 8}) {
    const auto ranking = RankUsersOfItems(model, train.view(), 40, kIndices, Parallel(threads));
    ASSERT_EQ(ranking.rows(), items);
    ASSERT_EQ(ranking.cols(), 40u);
    for (std::size_t item = 0; item < items; ++item) {
      std::vector<std::int32_t> expected;
      for (std::int32_t user = 0; user < static_cast<std::int32_t>(users); ++user) {
        if (!std::ranges::binary_search(train.view().Of(static_cast<std::size_t>(user)),
                                        static_cast<std::int32_t>(item))) {
          expected.push_back(user);
        }
      }
      std::ranges::stable_sort(expected, std::ranges::greater(), [&](std::int32_t user) {
        return model.At(static_cast<std::size_t>(user), item);
      });
      expected.resize(40);
      EXPECT_TRUE(std::equal(expected.begin(), expected.end(), ranking.row(item))) << item;
    }
  }
}

TEST(RankUsersOfItems, IsCutToWhatEveryItemHas) {
  const auto model = ScoreTable::WithTies(5, 3, 3);
  OwnedInteractions train;
  train.items = {1, 1, 2, 1};
  train.offsets = {0, 1, 3, 3, 4, 4};
  EXPECT_EQ(RankUsersOfItems(model, train.view(), 500, kIndices, Parallel(2)).cols(), 2u);
  train.items = {1, 1, 1, 1, 1};
  train.offsets = {0, 1, 2, 3, 4, 5};
  EXPECT_EQ(RankUsersOfItems(model, train.view(), 500, kIndices, Parallel(2)).cols(), 0u);
}

TEST(RankUsersOfItems, WhatIsNotFiniteIsAnErrorUnlessItIsLeftOut) {
  auto model = ScoreTable::WithTies(70, 30, 6);
  OwnedInteractions train;
  train.items = {3};
  train.offsets.resize(70, 0);
  train.offsets.push_back(1);  // the last user has item 3
  model.At(69, 3) = std::numeric_limits<float>::quiet_NaN();
  EXPECT_NO_THROW(RankUsersOfItems(model, train.view(), 5, kIndices, Parallel(2)));
  model.At(68, 4) = -std::numeric_limits<float>::infinity();
  try {
    RankUsersOfItems(model, train.view(), 5, kIndices, Parallel(2));
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(),
                testing::AllOf(testing::HasSubstr("'68'"), testing::HasSubstr("'4'")));
  }
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
