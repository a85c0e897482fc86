#include "derrd/data/row_order.h"

#include <string>

#include "derrd/data/test_files.h"

namespace derrd {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const Ids kFiveIds(std::vector<std::string>{"a", "b", "c", "d", "e"});
const Entities kFiveUsers{"user", kFiveIds, "set.derrd"};

class RowOrderTest : public testing::Test {
 protected:
  RowOrder Match(const std::string& ids, std::size_t rows,
                 MissingRows missing = MissingRows::kRefused) const {
    return MatchRows("u.npy", rows, folder_.Write("ids.txt", ids), kFiveUsers, missing);
  }
  std::string ErrorOf(const std::string& ids, std::size_t rows) const {
    return MessageOf([&] { Match(ids, rows); });
  }
  const TemporaryFolder folder_;
};

TEST_F(RowOrderTest, WithoutIdsRowsAreTheDataSets) {
  const RowOrder order = MatchRows("u.npy", 5, "", kFiveUsers, MissingRows::kRefused);
  EXPECT_THAT(order.row_of_entity, ElementsAre(0, 1, 2, 3, 4));
  EXPECT_THAT(order.entity_of_row, ElementsAre(0, 1, 2, 3, 4));
  EXPECT_EQ(order.extra.count(), 0u);
  EXPECT_THAT(MatchRows("", std::nullopt, "", kFiveUsers, MissingRows::kAllowed).entity_of_row,
              ElementsAre(0, 1, 2, 3, 4));
  EXPECT_THAT(
      MessageOf([&] { MatchRows("u.npy", 4, "", kFiveUsers, MissingRows::kRefused); }),
      AllOf(HasSubstr("u.npy: is for 4 users and set.derrd has 5"), HasSubstr("--user-ids")));
}

TEST_F(RowOrderTest, RowsAreMatchedByIdInWhateverOrder) {
  const RowOrder order = Match("d\nx\r\n  a \ne\nb\ny\nc", 7);
  EXPECT_THAT(order.row_of_entity, ElementsAre(2, 4, 6, 0, 3));
  EXPECT_THAT(order.entity_of_row, ElementsAre(3, kNobody, 0, 4, 1, kNobody, 2));
  EXPECT_EQ(order.extra.count(), 2u);
  EXPECT_EQ(order.extra.Text(), "'x', 'y'");
}

TEST_F(RowOrderTest, MissingRowsAreCountedAndNamed) {
  EXPECT_THAT(ErrorOf("c\n", 1), AllOf(HasSubstr("4 of the 5 users of set.derrd have no row"),
                                       HasSubstr("'a', 'b', 'd' and 1 more")));
  const RowOrder order = Match("c\n", 1, MissingRows::kAllowed);
  EXPECT_THAT(order.entity_of_row, ElementsAre(2));
  EXPECT_THAT(order.row_of_entity, IsEmpty());
}

TEST_F(RowOrderTest, RepeatedIdsAreCountedAndNamed) {
  EXPECT_THAT(ErrorOf("a\nb\nb\nc\nd\ne\na\n", 7),
              AllOf(HasSubstr("2 lines repeat an id ('b', 'a')"), HasSubstr("ids.txt")));
}

TEST_F(RowOrderTest, NumbersOfIdsAndRowsMustAgree) {
  EXPECT_THAT(ErrorOf("a\nb\nc\nd\ne\n", 6),
              AllOf(HasSubstr("ids.txt: has 5 ids and u.npy is for 6 users")));
}

TEST_F(RowOrderTest, ABlankLineIsTold) {
  EXPECT_THAT(ErrorOf("a\n \nb\n", 3), HasSubstr("ids.txt:2: the line is blank"));
}

TEST(SomeIds, ShowsAnyBytesAsText) {
  SomeIds ids;
  EXPECT_EQ(ids.Text(), "");
  ids.Add("\xE9");
  EXPECT_EQ(ids.Text(), "'\xC3\xA9'");
}

}  // namespace
}  // namespace derrd
