#include "derrd/core/interactions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace derrd {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(ByItem, ListsTheUsersOfEveryItemInOrder) {
  OwnedInteractions by_user;
  by_user.offsets = {0, 3, 3, 5, 6};
  by_user.items = {0, 2, 4, 2, 4, 4};
  const OwnedInteractions owned = ByItem(by_user.view(), 6);
  const Interactions by_item = owned.view();
  ASSERT_EQ(by_item.users(), 6u);
  EXPECT_THAT(by_item.Of(0), ElementsAre(0));
  EXPECT_THAT(by_item.Of(1), IsEmpty());
  EXPECT_THAT(by_item.Of(2), ElementsAre(0, 2));
  EXPECT_THAT(by_item.Of(3), IsEmpty());
  EXPECT_THAT(by_item.Of(4), ElementsAre(0, 2, 3));
  EXPECT_THAT(by_item.Of(5), IsEmpty());
}

TEST(ByItem, NoInteractionsAndNoItems) {
  OwnedInteractions nothing;
  EXPECT_TRUE(ByItem(nothing.view(), 0).view().empty());
  EXPECT_THAT(ByItem(nothing.view(), 2).view().Of(1), IsEmpty());
}

}  // namespace
}  // namespace derrd
