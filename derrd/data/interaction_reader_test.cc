// Tests of layout, columns and interaction_reader: every format, and every way to get it wrong.
#include "derrd/data/interaction_reader.h"

#include <map>
#include <vector>

#include "derrd/core/random.h"
#include "derrd/data/columns.h"
#include "derrd/data/test_files.h"

namespace derrd {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Read {
  std::vector<std::string> pairs;  // "user item"
  InteractionLog log;
  FileSummary summary;
};

Read ReadText(std::string_view text, const ReadOptions& options = {}, bool need_rating = false) {
  const TemporaryFolder folder;
  IdTables tables;
  Read result;
  InteractionReader reader(options, need_rating, tables);
  result.summary = reader.Read(folder.Write("f", text), result.log);
  for (std::size_t i = 0; i < result.log.size(); ++i) {
    result.pairs.push_back(
        fmt::format("{} {}", tables.users[static_cast<std::size_t>(result.log.users[i])],
                    tables.items[static_cast<std::size_t>(result.log.items[i])]));
  }
  return result;
}

std::string ErrorOf(std::string_view text, const ReadOptions& options = {},
                    bool need_rating = false) {
  return MessageOf([&] { ReadText(text, options, need_rating); });
}

TEST(FormatTest, CsvWithHeader) {
  const Read read = ReadText(
      "timestamp,\"movieId\",userId,rating\n9,\"a,1\",u,3.5\n8.5,b,\"v\"\"\",4\n", {}, true);
  EXPECT_THAT(read.pairs, ElementsAre("u a,1", "v\" b"));
  EXPECT_THAT(read.log.ratings, ElementsAre(3.5f, 4.0f));
  EXPECT_THAT(read.log.times, ElementsAre(9, 8.5));
  EXPECT_EQ(read.summary.lines, 3u);
  EXPECT_EQ(read.summary.interactions, 2u);
  EXPECT_THAT(read.summary.layout, HasSubstr("separated by ',', with a header"));
}

TEST(FormatTest, CsvWithoutHeader) {
  EXPECT_THAT(ReadText("1,10\n2,20\n").pairs, ElementsAre("1 10", "2 20"));
  EXPECT_THAT(ReadText("ann;x\nbob;y\n").pairs, ElementsAre("ann x", "bob y"));
  EXPECT_THAT(ReadText("1|10").pairs, ElementsAre("1 10"));
}

TEST(FormatTest, LineEndsAndByteOrderMark) {
  EXPECT_THAT(ReadText("\xEF\xBB\xBFuser,item\r\n1,2\r\n\r\n3,4").pairs, ElementsAre("1 2", "3 4"));
}

TEST(FormatTest, RecBoleInter) {
  const Read read =
      ReadText("item_id:token\tuser_id:token\trating:float\ttimestamp:float\n5\t7\t3\t881250949\n");
  EXPECT_THAT(read.pairs, ElementsAre("7 5"));
  EXPECT_THAT(read.log.times, ElementsAre(881250949));
  EXPECT_THAT(read.log.ratings, IsEmpty()) << "nobody asked for ratings";
}

TEST(FormatTest, MovieLens) {
  for (const std::string delimiter : {"\t", "::"}) {
    std::string text;
    for (const auto* row : {"196 242 3 881250949", "186 302 4 891717742"}) {
      for (const char* c = row; *c != 0; ++c) text += *c == ' ' ? delimiter : std::string(1, *c);
      text += '\n';
    }
    const Read read = ReadText(text, {}, true);
    EXPECT_THAT(read.pairs, ElementsAre("196 242", "186 302"));
    EXPECT_THAT(read.log.ratings, ElementsAre(3, 4));
    EXPECT_THAT(read.log.times, ElementsAre(881250949, 891717742));
  }
  EXPECT_THAT(ReadText("userId,movieId,rating,timestamp\n1,2,3.5,4\n").pairs, ElementsAre("1 2"));
}

TEST(FormatTest, AdjacencyLists) {
  const Read read = ReadText("ann 1 2  3\nbob 4\ncid\n");
  EXPECT_THAT(read.pairs, ElementsAre("ann 1", "ann 2", "ann 3", "bob 4"));
  EXPECT_EQ(read.summary.empty_lists, 1u);
  ReadOptions options;
  options.format = Format::kAdjacency;
  EXPECT_THAT(ReadText("user\titems\n7\t1 2\n8\t3\n", options).pairs,
              ElementsAre("7 1", "7 2", "8 3"));
  EXPECT_THAT(ReadText("7,1,2\n8,3\n", options).pairs, ElementsAre("7 1", "7 2", "8 3"));
}

TEST(FormatTest, CountedListsNumberUsersByLine) {
  const Read read = ReadText("2 5 6\n0\n1 7\n");
  EXPECT_THAT(read.pairs, ElementsAre("0 5", "0 6", "2 7"));
  EXPECT_EQ(read.summary.empty_lists, 1u);
  EXPECT_THAT(read.summary.layout, HasSubstr("counted lists"));
  ReadOptions options;
  options.format = Format::kCiteULike;
  EXPECT_THAT(ReadText("1 5\n1 6\n", options).pairs, ElementsAre("0 5", "1 6"));
  EXPECT_THAT(ErrorOf("2 5 6\n3 7 8\n", options),
              HasSubstr("f:2: says that 3 items follow and 2 do"));
}

TEST(FormatTest, CountedListsGoOnOverFiles) {
  const TemporaryFolder folder;
  IdTables tables;
  InteractionLog log;
  InteractionReader reader({}, false, tables);
  reader.Read(folder.Write("a", "1 5\n2 6 7\n"), log);
  reader.Read(folder.Write("b", "2 5 6\n1 8\n"), log);
  EXPECT_EQ(tables.users.size(), 4u);
  EXPECT_EQ(tables.users[3], "3");
  EXPECT_EQ(tables.items.size(), 4u);
}

TEST(FormatTest, RowsOfOneWidthAreColumnsAndNotLists) {
  EXPECT_THAT(ReadText("2 10 5\n2 11 4\n").pairs, ElementsAre("2 10", "2 11"));
  EXPECT_THAT(ReadText("1 2 3 4 5 6\n2 2 3 4 5 6\n").pairs.size(), 10u);
}

TEST(ColumnsTest, ByNameAndByNumber) {
  ReadOptions options;
  options.user = "who";
  options.item = "3";
  options.rating = "stars";
  EXPECT_THAT(ReadText("stars,who,what\n4,u,i\n", options).pairs, ElementsAre("u i"));
  options.user = "3";
  options.item = "1";
  options.rating = "none";
  EXPECT_THAT(ReadText("10,x,1\n20,y,2\n", options).pairs, ElementsAre("1 10", "2 20"));
  options.user = "reader";
  options.item = "book";
  EXPECT_THAT(ReadText("book:token\treader:token\n5\t6\n", options).pairs, ElementsAre("6 5"));
}

TEST(ColumnsTest, HeaderByForce) {
  ReadOptions options;
  options.header = HeaderMode::kNo;
  EXPECT_THAT(ReadText("user,item\n1,2\n", options).pairs, ElementsAre("user item", "1 2"));
  options.header = HeaderMode::kYes;
  options.user = "1";
  options.item = "2";
  EXPECT_THAT(ReadText("5,6\n1,2\n", options).pairs, ElementsAre("1 2"));
}

TEST(ColumnsTest, WordsAboveNumbersAreAHeader) {
  ReadOptions options;
  options.user = "1";
  options.item = "2";
  EXPECT_THAT(ReadText("left,right\n1,2\n", options).pairs, ElementsAre("1 2"));
  EXPECT_THAT(ReadText("left,right\none,two\n", options).pairs,
              ElementsAre("left right", "one two"));
}

TEST(ColumnsTest, NamesOfIdsAboveIdsAreAHeader) {
  EXPECT_THAT(ReadText("account_id,video_id\nc1,s1\nc2,s2\n").pairs, ElementsAre("c1 s1", "c2 s2"));
  EXPECT_THAT(ReadText("member_id,video_id\nc1,s1\n").pairs, ElementsAre("c1 s1"));
  EXPECT_THAT(ReadText("madrid,oslo\nparis,rome\n").pairs,
              ElementsAre("madrid oslo", "paris rome"));
  EXPECT_THAT(ReadText("x_id,y_id\nv_id,w_id\n").pairs, ElementsAre("x_id y_id", "v_id w_id"));
}

TEST(ColumnsTest, TimesInIso8601) {
  const auto read = ReadText("user,item,timestamp\n1,2,2024-01-16 10:00:00\n1,3,1970-01-02\n");
  EXPECT_THAT(read.log.times, ElementsAre(1705399200, 86400));
  EXPECT_THAT(ReadText("1\t2\t5\t1970-01-01T00:00:09Z\n").log.times, ElementsAre(9));
  EXPECT_THAT(
      ErrorOf("user,item,timestamp\n1,2,yesterday\n"),
      AllOf(HasSubstr(":2:"), HasSubstr("'yesterday'"), HasSubstr("ISO 8601"), HasSubstr("none")));
}

TEST(ColumnsTest, DelimiterByForce) {
  ReadOptions options;
  options.delimiter = "tab";
  EXPECT_THAT(ReadText("a,b\tc\nd,e\tf\n", options).pairs, ElementsAre("a,b c", "d,e f"));
  options.delimiter = "\\t";
  EXPECT_THAT(ReadText("a,b\tc\nd,e\tf\n", options).pairs, ElementsAre("a,b c", "d,e f"));
  options.delimiter = "--";
  EXPECT_THAT(ReadText("a-b--c\n", options).pairs, ElementsAre("a-b c"));
}

TEST(ColumnsTest, MissingColumnsListThoseThatExist) {
  ReadOptions options;
  options.user = "reader";
  EXPECT_THAT(ErrorOf("who,item,stars\n1,2,3\n", options),
              AllOf(HasSubstr("f: there is no column 'reader'"),
                    HasSubstr("its columns are: who, item, stars"), HasSubstr("--user")));
  EXPECT_THAT(ErrorOf("item,who\n2,1\n"),
              AllOf(HasSubstr("does not tell the user column"), HasSubstr("item, who")));
  options.user = "7";
  EXPECT_THAT(ErrorOf("1,2\n", options), HasSubstr("its columns are: 1, 2;"));
  EXPECT_THAT(ErrorOf("user,item\n1,2\n", {}, true), HasSubstr("has no rating column"));
}

TEST(ReaderErrorsTest, NameTheFileAndTheLine) {
  EXPECT_THAT(ErrorOf("user,item,timestamp\n1,2,3\n4,5\n"),
              AllOf(HasSubstr("f:3: has 2 fields where column 3 is needed")));
  for (const std::string bad : {"", "x", "nan", "inf", "1e999", "3 4", "0x10"}) {
    EXPECT_THAT(ErrorOf("user,item,rating\n1,2,3\n1,3," + bad + "\n", {}, true),
                AllOf(HasSubstr("f:3: the rating '" + bad + "' is not a finite number"),
                      HasSubstr("--rating")));
    EXPECT_THAT(ErrorOf("user,item,time\n1,3," + bad + "\n"),
                HasSubstr("f:2: the time '" + bad + "' is neither a finite number"));
  }
  EXPECT_THAT(ErrorOf("user,item\n,2\n"), HasSubstr("f:2: the user is empty"));
  EXPECT_THAT(ErrorOf("user,item\n1,\n"), HasSubstr("f:2: the item is empty"));
  EXPECT_THAT(ErrorOf("user,item\n1,caf\xE9\n"), HasSubstr("f:2: the item is not UTF-8"));
  EXPECT_THAT(ErrorOf("\n \n\n"), HasSubstr("only blank lines"));
  EXPECT_THAT(ErrorOf("user,item\r1,2\r"), HasSubstr("carriage returns alone"));
}

TEST(ReaderErrorsTest, ADelimiterInsideAFieldMovesNoColumn) {
  EXPECT_THAT(ErrorOf("user,item,rating\nann,7,5\nSmith, John,7,5\n"),
              HasSubstr("f:3: has more fields than the 3 of the header"));
  EXPECT_THAT(ReadText("user,item\n1,2,\n").pairs, ElementsAre("1 2"));  // nothing follows it
  EXPECT_THAT(ErrorOf("ann,7\nbob,Toys, small\n"),
              HasSubstr("f:2: has more fields than the 2 of the first line"));
}

TEST(ReaderErrorsTest, ListsThatLookLikeColumnsAreNotCutToTheirFirstItem) {
  std::string text;
  for (int line = 0; line < 60; ++line) text += fmt::format("u{} i1\n", line);
  EXPECT_THAT(ErrorOf(text + "u60 i1 i2 i3\n"),
              AllOf(HasSubstr("f:61: has more fields"), HasSubstr("--format adjacency")));
}

TEST(ReaderErrorsTest, WhatIsNoTableIsSaidToBeNone) {
  for (const char* json : {"{\"user\":1,\"item\":2}\n{\"user\":1,\"item\":3}\n", "[{\"user\":1}]",
                           "{\n  \"user\": 1,\n  \"item\": 2\n}\n"}) {
    EXPECT_THAT(ErrorOf(json), HasSubstr("f: is JSON"));
  }
  EXPECT_THAT(ErrorOf(std::string("PAR1\x15\x04\x15\0\n", 9)), HasSubstr("Parquet"));
  EXPECT_THAT(ErrorOf(std::string("PK\x03\x04\x14\0\0\0", 8)), HasSubstr("zip"));
  EXPECT_THAT(ErrorOf(std::string("\xFD"
                                  "7zXZ\0\0\x04",
                                  8)),
              HasSubstr("unpack it first"));
  EXPECT_THAT(ErrorOf(std::string("BZh91AY&SY\x01\0", 12)), HasSubstr("bzip2"));
  EXPECT_THAT(ReadText("PAR101\tx\n{a}\ty\n").pairs, ElementsAre("PAR101 x", "{a} y"));
  EXPECT_THAT(ReadText("user,item,\"re\nview\"\n1,2,x\n").pairs, ElementsAre("1 2"));
}

// As R and spreadsheets write them; a title of its own quotes keeps them.
TEST(ReaderTest, FieldsInQuotesWhateverTheDelimiter) {
  EXPECT_THAT(ReadText("\"user\"\t\"item\"\n\"a\"\t\"i\t7\"\n\"b\"\t\"x\"\"y\"\n").pairs,
              ElementsAre("a i\t7", "b x\"y"));
  EXPECT_THAT(ReadText("user\titem\n1\t\"Toy Story, The\"\n2\tHeat\n").pairs,
              ElementsAre("1 Toy Story, The", "2 Heat"));
  EXPECT_THAT(ReadText("\"u\"|\"i\"\n\"v\"|\"j\"\n").pairs, ElementsAre("u i", "v j"));
  EXPECT_THAT(ReadText("user\titem\n1\t\"Great\" Cats\n2\t\"Heat\"\n").pairs,
              ElementsAre("1 \"Great\" Cats", "2 \"Heat\""));
  ReadOptions options;
  options.format = Format::kCsv;
  options.delimiter = "tab";
  EXPECT_THAT(ReadText("user\titem\n1\t\"a\tb\"\n", options).pairs, ElementsAre("1 a\tb"));
}

TEST(ReaderErrorsTest, ARatingWithACommaIsToldWhatToWrite) {
  EXPECT_THAT(ErrorOf("user;item;rating\n1;2;4,5\n"),
              AllOf(HasSubstr("'4,5'"), HasSubstr("a point"), HasSubstr("or none")));
  EXPECT_THAT(ReadText("user,item,rating\n1,2,+5\n").pairs, ElementsAre("1 2"));
  EXPECT_THAT(ErrorOf("user,item,rating\n1,2,+-5\n"), HasSubstr("'+-5'"));
}

TEST(ReaderErrorsTest, UserAndItemAreTwoColumns) {
  ReadOptions options;
  options.user = options.item = "item";
  EXPECT_THAT(ErrorOf("user,item\n1,2\n", options), HasSubstr("column 2 is both"));
}

TEST(ReaderErrorsTest, ARatingIsLookedAtUnlessItIsSaidNotToBeOne) {
  EXPECT_THAT(ErrorOf("user,item,rating\n1,2,nan\n"), HasSubstr("the rating 'nan'"));
  EXPECT_THAT(ErrorOf("user,item,rating\n1,2,good\n"), HasSubstr("the rating 'good'"));
  ReadOptions options;
  options.rating = "none";
  EXPECT_THAT(ReadText("user,item,rating\n1,2,good\n", options).pairs, ElementsAre("1 2"));
}

TEST(ReaderErrorsTest, OneShortLineDoesNotTurnColumnsIntoLists) {
  std::string text;
  for (int line = 0; line < 30; ++line) text += line == 20 ? "5\t7\n" : "5\t7\t3\t881250949\n";
  EXPECT_THAT(ErrorOf(text), AllOf(HasSubstr(":21"), HasSubstr("2 fields")));
  EXPECT_THAT(ErrorOf("a\tx\na\ty\nb\tz\na\n"), HasSubstr(":4"));
}

TEST(ReaderErrorsTest, LinesOfDelimitersAloneAreBlank) {
  ReadOptions options;
  options.format = Format::kAdjacency;
  EXPECT_THAT(ReadText(",,,\na,b,c\n,,\n", options).pairs, ElementsAre("a b", "a c"));
  EXPECT_THAT(ReadText("  \na b c\n   \nd e\n", options).pairs, ElementsAre("a b", "a c", "d e"));
}

TEST(ReaderErrorsTest, FilesMustAgreeAboutTheTime) {
  const TemporaryFolder folder;
  IdTables tables;
  InteractionLog log;
  InteractionReader reader({}, false, tables);
  reader.Read(folder.Write("a", "user,item,time\n1,2,3\n"), log);
  EXPECT_THAT(MessageOf([&] { reader.Read(folder.Write("b", "user,item\n1,2\n"), log); }),
              HasSubstr("b: has no time column, unlike the files before it"));
}

TEST(IdTableTest, NumbersByFirstAppearance) {
  IdTable table("items");
  RandomStream stream(5, Role::kTest, 0, 0);
  std::vector<std::string> expected;
  std::map<std::string, std::int32_t> numbers;
  for (int i = 0; i < 50'000; ++i) {
    std::string id(stream.Below(12), 'a');
    for (char& c : id) c = static_cast<char>('a' + stream.Below(4));
    const auto [entry, is_new] = numbers.emplace(id, static_cast<std::int32_t>(numbers.size()));
    if (is_new) expected.push_back(id);
    ASSERT_EQ(table.Intern(id), entry->second);
  }
  ASSERT_EQ(table.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    ASSERT_EQ(table[i], expected[i]);
    ASSERT_EQ(table.Find(expected[i]), static_cast<std::int32_t>(i));
  }
  EXPECT_EQ(table.Find("unseen"), std::nullopt);
}

TEST(IdTableTest, TooManyIdsAreAnError) {
  IdTable table("items", 2);
  table.Intern("a");
  table.Intern("b");
  EXPECT_EQ(table.Intern("a"), 0);
  EXPECT_THAT(MessageOf([&] { table.Intern("c"); }), HasSubstr("more than 2 items"));
}

}  // namespace
}  // namespace derrd
