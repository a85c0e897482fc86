#include "derrd/train/ranked_pairs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace derrd {
namespace {

using testing::ElementsAre;
using testing::FloatEq;

class RankedPairs : public testing::Test {
 protected:
  // Two users and three items; the second user has nothing.
  std::vector<std::int64_t> offsets_ = {0, 1, 1};
  std::vector<std::int32_t> items_ = {2};
  Interactions train_{offsets_, items_};
  OwnedInteractions best_items_{{0, 2, 4}, {1, 0, 2, 1}};
};

TEST_F(RankedPairs, TrainingItemsThenTheTeachersBest) {
  const WeightedLists lists = PairsOfRankings(train_, best_items_.view(), {0.4, 0.8}, {}, {});
  EXPECT_THAT(lists.lists.offsets, ElementsAre(0, 3, 5));
  EXPECT_THAT(lists.lists.items, ElementsAre(2, 1, 0, 2, 1));
  EXPECT_THAT(lists.weights,
              ElementsAre(1, FloatEq(0.4f), FloatEq(0.2f), FloatEq(0.4f), FloatEq(0.2f)));
  EXPECT_THAT(lists.targets,
              ElementsAre(1, FloatEq(0.8f), FloatEq(0.4f), FloatEq(0.8f), FloatEq(0.4f)));
}

TEST_F(RankedPairs, TheBestUsersOfItemsComeBehindTheirOwn) {
  const OwnedInteractions users{{0, 1, 2, 3}, {1, 1, 0}};
  const WeightedLists lists =
      PairsOfRankings(train_, best_items_.view(), {0.4, 0.8}, users.view(), {0.5, 0.6});
  EXPECT_THAT(lists.lists.offsets, ElementsAre(0, 4, 8));
  EXPECT_THAT(lists.lists.items, ElementsAre(2, 1, 0, 2, 2, 1, 0, 1));
  EXPECT_FLOAT_EQ(lists.weights[3], 0.5f);
  EXPECT_FLOAT_EQ(lists.targets[7], 0.6f);
}

// Positions count by the length of their own list.
TEST_F(RankedPairs, ListsMayBeOfAnyLength) {
  const OwnedInteractions items{{0, 0, 2}, {0, 1}}, users{{0, 2, 2, 2}, {1, 0}};
  const WeightedLists lists =
      PairsOfRankings(train_, items.view(), {0.4, 0.8}, users.view(), {0.5, 0.6});
  EXPECT_THAT(lists.lists.offsets, ElementsAre(0, 2, 5));
  EXPECT_THAT(lists.lists.items, ElementsAre(2, 0, 0, 1, 0));
  EXPECT_THAT(lists.weights,
              ElementsAre(1, FloatEq(0.25f), FloatEq(0.4f), FloatEq(0.2f), FloatEq(0.5f)));
}

}  // namespace
}  // namespace derrd
