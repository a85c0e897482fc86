#include "derrd/data/scored_lists.h"

#include <cmath>
#include <string>
#include <vector>

#include "derrd/data/test_files.h"
#include "derrd/data/test_npy.h"

namespace derrd {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const Ids kTwoUserIds(std::vector<std::string>{"u", "v"});
const Ids kFourItemIds(std::vector<std::string>{"a", "b", "c", "d"});
const Entities kTwoUsers{"user", kTwoUserIds, "set.derrd"};
const Entities kFourItems{"item", kFourItemIds, "set.derrd"};

class ListsTsvTest : public testing::Test {
 protected:
  ImportedLists Read(const std::string& text) const {
    return ReadListsTsv(folder_.Write("r.tsv", text), kTwoUsers, kFourItems, nullptr);
  }
  std::string ErrorOf(const std::string& text) const {
    const std::string message = MessageOf([&] { Read(text); });
    EXPECT_THAT(message, HasSubstr("r.tsv"));
    return message;
  }
  const TemporaryFolder folder_;
};

TEST_F(ListsTsvTest, LinesAreBestFirstAndNeedNotStandTogether) {
  const ImportedLists read = Read("v\tc\nu\tb\nv\ta\r\n\nu\td");
  EXPECT_THAT(read.lists.offsets, ElementsAre(0, 2, 4));
  EXPECT_THAT(read.lists.items, ElementsAre(1, 3, 2, 0));
  EXPECT_THAT(read.lists.scores, IsEmpty());
  EXPECT_EQ(read.unknown_users.count() + read.unknown_items.count(), 0u);
}

TEST_F(ListsTsvTest, ScoresOrderAndEqualOnesKeepTheirPlace) {
  const ImportedLists read = Read("u\ta\t0.5\nu\tb\t-1e3\nu\td\t2\nv\tb\t1\nu\tc\t0.5\n");
  EXPECT_THAT(read.lists.items, ElementsAre(3, 0, 2, 1, 1));
  EXPECT_THAT(read.lists.scores, ElementsAre(2, 0.5f, 0.5f, -1000, 1));
}

// Seconds of the day are further apart than floats of that size are.
TEST_F(ListsTsvTest, ScoresOrderAsExactlyAsTheyAreWritten) {
  const ImportedLists read =
      Read("u\ta\t1700000001\nu\tb\t1700000003\nu\tc\t1700000002\nu\td\t1700000000\nv\ta\t1\n");
  EXPECT_THAT(read.lists.items, ElementsAre(1, 2, 0, 3, 0));
  EXPECT_EQ(read.lists.scores[0], read.lists.scores[3]);
}

TEST_F(ListsTsvTest, AColumnThatTheFirstLineLacksIsAnError) {
  EXPECT_THAT(ErrorOf("u\ta\nu\tb\t5.3\nv\ta\t1\n"),
              AllOf(HasSubstr("r.tsv:2"), HasSubstr("3 columns"), HasSubstr("has 2")));
}

TEST_F(ListsTsvTest, FieldsMayStandInQuotes) {
  EXPECT_THAT(Read("\"u\"\t\"b\"\n\"v\"\t\"a\"\n").lists.items, ElementsAre(1, 0));
}

TEST_F(ListsTsvTest, AHeaderNamesTheColumns) {
  const std::string gz = Gzip("user\trank\titem\tscore\tname\nu\t1\tb\t1\tB\nv\t1\tc\t7\tC\n");
  const ImportedLists read = Read(gz);
  EXPECT_THAT(read.lists.items, ElementsAre(1, 2));
  EXPECT_THAT(read.lists.scores, ElementsAre(1, 7));
  EXPECT_THAT(Read("item_id\tuser_id\na\tu\nb\tv\n").lists.items, ElementsAre(0, 1));
}

TEST_F(ListsTsvTest, RanksThatWouldBeReadAsScoresAreToldApart) {
  const std::string ranked = "u\tb\t1\nv\tc\t1\nu\td\t2\nu\tunknown\t3\nv\ta\t2\n";
  EXPECT_THAT(ErrorOf(ranked), AllOf(HasSubstr("counts the items"), HasSubstr("item and rank")));
  // From 0, as numbers with a point, in the order of the items, and with gaps.
  EXPECT_THAT(ErrorOf("u\tb\t0\nv\tc\t0\nu\td\t1\nv\ta\t1\n"), HasSubstr("counts the items"));
  EXPECT_THAT(ErrorOf("u\tb\t1.0\nu\td\t2.0\nv\tc\t1.0\n"), HasSubstr("counts the items"));
  EXPECT_THAT(ErrorOf("u\ta\t2\nu\tb\t3\nu\td\t1\nv\tc\t1\n"), HasSubstr("counts the items"));
  EXPECT_THAT(ErrorOf("u\ta\t1\nu\tb\t2\nu\td\t4\nv\tc\t1\n"), HasSubstr("counts the items"));
  EXPECT_THAT(Read("user\titem\tscore\n" + ranked).lists.items, ElementsAre(3, 1, 0, 2));
  EXPECT_THAT(Read("u\tb\t1\nv\tc\t1\n").lists.scores, ElementsAre(1, 1));  // may be a score
}

TEST_F(ListsTsvTest, AColumnOfRanksOrders) {
  const ImportedLists read = Read("user\titem\trank\tnote\nu\tb\t3\nv\tc\t1\nu\td\t1\nu\ta\t2\n");
  EXPECT_THAT(read.lists.items, ElementsAre(3, 0, 1, 2));
  EXPECT_THAT(read.lists.scores, IsEmpty());
  EXPECT_TRUE(read.by_rank);
  EXPECT_THAT(read.passed_over, ElementsAre("note"));
  EXPECT_THAT(ErrorOf("user\titem\trank\nu\tb\tfirst\n"), HasSubstr("the rank 'first'"));
}

TEST_F(ListsTsvTest, APredictionIsAScore) {
  const ImportedLists read = Read("user_id\titem_id\tprediction\nu\ta\t0.1\nu\tb\t0.7\nv\tc\t1\n");
  EXPECT_THAT(read.lists.items, ElementsAre(1, 0, 2));
  EXPECT_THAT(read.lists.scores, ElementsAre(0.7f, 0.1f, 1));
}

TEST_F(ListsTsvTest, ThatNoIdIsKnownIsTold) {
  EXPECT_THAT(ErrorOf("'u'\ta\n'v'\tb\n"), AllOf(HasSubstr("no user of it"), HasSubstr("''u''")));
  EXPECT_THAT(ErrorOf("u\tx\nv\ty\n"), AllOf(HasSubstr("no item of it"), HasSubstr("'x'")));
}

TEST_F(ListsTsvTest, WhatTheDataSetDoesNotHaveIsLeftOutAndCounted) {
  const ImportedLists read = Read("u\ta\nw\ta\nu\tx\nv\tb\nu\tx2\n");
  EXPECT_THAT(read.lists.items, ElementsAre(0, 1));
  EXPECT_EQ(read.unknown_users.Text(), "'w'");
  EXPECT_EQ(read.unknown_items.Text(), "'x', 'x2'");
}

TEST_F(ListsTsvTest, WhatIsWrongIsToldWithItsPlace) {
  EXPECT_THAT(ErrorOf("u\ta\nv\tb\nv\tc\nv\tb\n"), HasSubstr("user 'v' has item 'b' twice"));
  EXPECT_THAT(ErrorOf("u\ta\nu\tb\n"), HasSubstr("1 of the 2 users of set.derrd have no items"));
  EXPECT_THAT(ErrorOf("u\ta\nu\tx\nv\tx\n"), HasSubstr("('v')"));  // nothing known is left
  EXPECT_THAT(ErrorOf("u a\n"), HasSubstr("r.tsv:1: has 1 columns"));
  EXPECT_THAT(ErrorOf("u\ta\t1\tx\n"), HasSubstr("has 4 columns"));
  EXPECT_THAT(ErrorOf("u\ta\t1\nv\tb\n"), HasSubstr("r.tsv:2: has 2 columns where 3"));
  for (const std::string score : {"nan", "inf", "1e99", "1,5", "", "1x"}) {
    EXPECT_THAT(ErrorOf("u\ta\t1\nv\tb\t" + score + "\n"),
                AllOf(HasSubstr("r.tsv:2"), HasSubstr("'" + score + "' is not a finite number")));
  }
  EXPECT_THAT(ErrorOf("\n\n"), HasSubstr("blank"));
  EXPECT_THAT(ErrorOf(""), HasSubstr("empty"));
}

class ListsTableTest : public testing::Test {
 protected:
  static RowOrder Own(const Entities& entities) {
    return MatchRows("", std::nullopt, "", entities, MissingRows::kRefused);
  }
  NumberTable Table(const std::string& name, const std::string& bytes) const {
    return NumberTable::Open(folder_.Write(name, bytes), "");
  }
  ImportedLists Read(const std::vector<std::int32_t>& numbers, std::size_t cols,
                     const std::vector<float>& scores, const RowOrder& users = Own(kTwoUsers),
                     const RowOrder& items = Own(kFourItems)) const {
    std::optional<NumberTable> score_table;
    if (!scores.empty()) score_table = Table("s.npy", NpyTable("<f4", scores, cols));
    return ReadListsTable(Table("r.npy", NpyTable("<i4", numbers, cols)), score_table, users, items,
                          kTwoUsers, kFourItems);
  }
  std::string ErrorOf(const std::vector<std::int32_t>& numbers,
                      const std::vector<float>& scores = {}) const {
    return MessageOf([&] { Read(numbers, 3, scores); });
  }
  const TemporaryFolder folder_;
};

TEST_F(ListsTableTest, RowsAreBestFirstAndFilledUp) {
  const ImportedLists read = Read({3, 0, -1, 1, 2, 0}, 3, {});
  EXPECT_THAT(read.lists.offsets, ElementsAre(0, 2, 5));
  EXPECT_THAT(read.lists.items, ElementsAre(3, 0, 1, 2, 0));
}

TEST_F(ListsTableTest, ScoresOrderARow) {
  const ImportedLists read = Read({3, 0, -1, 1, 2, 0}, 3, {1, 2, NAN, 5, 6, 5});
  EXPECT_THAT(read.lists.items, ElementsAre(0, 3, 2, 1, 0));
  EXPECT_THAT(read.lists.scores, ElementsAre(2, 1, 6, 5, 5));
}

TEST_F(ListsTableTest, NumbersAreThoseOfTheIdsThatWereGiven) {
  const RowOrder users{{1, kNobody, 0}, {2, 0}, {}};
  const RowOrder items{{kNobody, 2, 1}, {}, {}};
  const ImportedLists read = Read({2, 0, 0, 0, 1, 2}, 2, {}, users, items);
  EXPECT_THAT(read.lists.offsets, ElementsAre(0, 2, 3));
  EXPECT_THAT(read.lists.items, ElementsAre(2, 1, 1));
  EXPECT_EQ(read.unknown_items.Text(), "'0'");
}

TEST_F(ListsTableTest, WhatIsWrongIsToldWithItsPlace) {
  EXPECT_THAT(ErrorOf({0, 1, 2, 0, 4, 1}),
              AllOf(HasSubstr("r.npy: row 1 (from 0) holds 4 in column 1"), HasSubstr("0 to 3")));
  EXPECT_THAT(ErrorOf({0, -2, 2, 0, 3, 1}), HasSubstr("holds -2 in column 1"));
  EXPECT_THAT(ErrorOf({0, -1, 2, 0, 3, 1}), HasSubstr("holds 2 in column 2 behind -1"));
  EXPECT_THAT(ErrorOf({0, 1, 2, 0, 3, 0}), HasSubstr("user 'v' has item 'a' twice"));
  EXPECT_THAT(ErrorOf({-1, -1, -1, 0, 3, 1}), HasSubstr("have no items in it ('u')"));
  EXPECT_THAT(ErrorOf({0, 1, 2, 0, 3, 1}, {1, 2, 3, 4, NAN, 6}),
              HasSubstr("the score in row 1 (from 0) and column 1 is nan"));
  EXPECT_THAT(ErrorOf({0, 1, 2, 0, 3, 1}, {1, 2, 3}), HasSubstr("is 1 x 3 and"));
}

}  // namespace
}  // namespace derrd
