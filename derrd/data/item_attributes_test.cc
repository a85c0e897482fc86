#include "derrd/data/item_attributes.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "derrd/core/random.h"
#include "derrd/data/test_files.h"

namespace derrd {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Labelled = std::map<std::string, std::vector<std::int32_t>>;

Labelled ByLabel(const OwnedAttributes& attributes) {
  Labelled labelled;
  const ItemAttributes view = attributes.view();
  for (std::size_t i = 0; i < view.labels.size(); ++i) {
    const auto items = view.items.Of(i);
    labelled[std::string(view.labels[i])] = {items.begin(), items.end()};
  }
  return labelled;
}

class ItemAttributesTest : public ::testing::Test {
 protected:
  AttributeTable Read(std::string_view text) {
    return ReadItemAttributes(folder_.Write("table", text), ids_);
  }
  std::string ErrorOf(std::string_view text) {
    return MessageOf([&] { Read(text); });
  }

  const Ids ids_{{"a", "b", "c", "7"}};
  TemporaryFolder folder_;
};

TEST_F(ItemAttributesTest, ValuesOfCellsAndLinesAddUp) {
  const Labelled expected = {{"genre=comedy", {0, 2}}, {"genre=war", {0}}, {"lang=de", {0, 3}}};
  const std::string_view commas =
      "id,lang,genre\na,de,comedy | war||\nx,en,war\nb,,\n\nc,,\" comedy\"\n7, de ,\na,de,war\n";
  const AttributeTable table = Read(commas);
  EXPECT_EQ(ByLabel(table.attributes), expected);
  EXPECT_EQ(table.described, 3u);
  EXPECT_EQ(table.unknown, 1u);
  std::string tabs(commas);
  std::ranges::replace(tabs, ',', '\t');
  std::erase(tabs, '"');
  EXPECT_EQ(ByLabel(Read(tabs).attributes), expected);
  EXPECT_EQ(ByLabel(Read(Zstd(commas)).attributes), expected);
  EXPECT_EQ(ByLabel(Read(Gzip("\xEF\xBB\xBF" + std::string(commas))).attributes), expected);
}

TEST_F(ItemAttributesTest, RecBoleSequencesAreSeparatedBySpaces) {
  EXPECT_EQ(
      ByLabel(
          Read("item_id:token\tyear:token\tclass:token_seq\n7\t1995|6\tWar  Love\n").attributes),
      (Labelled{{"class=Love", {3}}, {"class=War", {3}}, {"year=1995", {3}}, {"year=6", {3}}}));
}

TEST_F(ItemAttributesTest, ValuesMayHoldWhatSeparatesElsewhere) {
  EXPECT_EQ(ByLabel(Read("item\ttag\na\trole::x=y|é, ;\n").attributes),
            (Labelled{{"tag=role::x=y", {0}}, {"tag=é, ;", {0}}}));
  EXPECT_EQ(ByLabel(Read("item,tag\na,\"two\nlines, one \"\"value\"\"\"\n").attributes),
            (Labelled{{"tag=two\nlines, one \"value\"", {0}}}));
}

TEST_F(ItemAttributesTest, NothingThatIsKnownIsNoError) {
  for (const std::string_view text : {"item,tag", "item,tag\na,\nb, | \n", "item,tag\nx,y\n"}) {
    const AttributeTable table = Read(text);
    EXPECT_THAT(ByLabel(table.attributes), IsEmpty());
    EXPECT_EQ(table.described, 0u);
  }
}

TEST_F(ItemAttributesTest, WhatIsWrongIsToldWithItsLine) {
  EXPECT_THAT(ErrorOf(" \n\n"), HasSubstr("table: holds only blank lines"));
  EXPECT_THAT(ErrorOf("item\na\n"), HasSubstr("table:1: the header has no columns"));
  EXPECT_THAT(ErrorOf("item genre\na war\n"), HasSubstr("table:1: the header has no columns"));
  EXPECT_THAT(ErrorOf("item|genre\na|war\n"), HasSubstr("separate columns with commas or tabs"));
  EXPECT_THAT(ErrorOf("\nb,war\na,love\n"), HasSubstr("table:2: 'b' is an item and no header"));
  EXPECT_THAT(ErrorOf("1::Heat::War|Love\n"), HasSubstr("table:1: '1' is an item and no header"));
  EXPECT_THAT(ErrorOf("item,genre,\na,war,\n"), HasSubstr("table:1: column 3 has no name"));
  EXPECT_THAT(ErrorOf("item,:token\na,war\n"), HasSubstr("table:1: column 2 has no name"));
  EXPECT_THAT(ErrorOf("item,a=b\na,war\n"), HasSubstr("table:1: the name 'a=b' has a '='"));
  EXPECT_THAT(ErrorOf("item,g,l,g\na,1,2,3\n"), HasSubstr("table:1: two columns are called 'g'"));
  EXPECT_THAT(ErrorOf("item,g\xff\na,1\n"), HasSubstr("table:1: field 2 is not UTF-8"));
  EXPECT_THAT(ErrorOf("item,g,l\na,1,2\n\na,\xe9,2\n"), HasSubstr("table:4: field 2 is not UTF-8"));
  EXPECT_THAT(ErrorOf("item,g,l\na,1,2\na,1\n"),
              HasSubstr("table:3: has 2 fields where the header has 3"));
  EXPECT_THAT(ErrorOf("item,g,l\nx,1,2,3\n"),
              HasSubstr("table:2: has 4 fields where the header has 3"));
  EXPECT_THAT(ErrorOf("item,g\na,\"x\n"), HasSubstr("table:2: a double quote is opened"));
}

TEST_F(ItemAttributesTest, AttributesAndLabelsAreFound) {
  const Ids labels({"a b=x", "a=", "a=1", "a=1=2", "a=3", "aa=1", "é=x"});
  std::vector<std::string> names;
  for (const Attribute& attribute : AttributesOf(labels)) names.emplace_back(attribute.name);
  EXPECT_THAT(names, ElementsAre("a b", "a", "aa", "é"));
  const auto found = FindAttribute(labels, "a");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->begin, 1u);
  EXPECT_EQ(found->end, 5u);
  EXPECT_EQ(FindLabel(labels, *found, "1"), 2u);
  EXPECT_EQ(FindLabel(labels, *found, "1=2"), 3u);
  for (const std::string_view value : {"0", "2", "4", "1=", "x"}) {
    EXPECT_FALSE(FindLabel(labels, *found, value)) << value;
  }
  for (const std::string_view name : {"", "=", "a=1", "A", "aaa", "z", "\xff"}) {
    EXPECT_FALSE(FindAttribute(labels, name)) << name;
  }
  EXPECT_THAT(AttributesOf(Ids()), IsEmpty());
  EXPECT_FALSE(FindAttribute(Ids(), "a"));
}

// Any table beside maps and sets.
TEST_F(ItemAttributesTest, AsMapsAndSetsHaveIt) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    RandomStream draw(seed, Role::kTest, 0, 0);
    const std::uint32_t items = 1 + draw.Below(200), columns = 1 + draw.Below(5);
    std::vector<std::string> ids;
    for (std::uint32_t i = 0; i < items; ++i) ids.push_back(fmt::format("i{}", i));
    std::string text = "item";
    for (std::uint32_t c = 0; c < columns; ++c) text += fmt::format("\tname{}", c);
    std::map<std::string, std::set<std::int32_t>> expected;
    std::map<std::uint32_t, std::set<std::int32_t>> of_column;
    for (std::uint32_t line = 0; line < 2 * items; ++line) {
      const std::uint32_t item = draw.Below(items);
      text += fmt::format("\ni{}", item);
      for (std::uint32_t c = 0; c < columns; ++c) {
        text += '\t';
        for (std::uint32_t v = draw.Below(4); v > 0; --v) {
          const std::string value = fmt::format("v{}", draw.Below(1 + c * 30));
          text += value + "|";
          expected[fmt::format("name{}={}", c, value)].insert(static_cast<std::int32_t>(item));
          of_column[c].insert(static_cast<std::int32_t>(item));
        }
      }
    }
    const AttributeTable table = ReadItemAttributes(folder_.Write("table", text), Ids(ids));
    const Labelled found = ByLabel(table.attributes);
    ASSERT_EQ(found.size(), expected.size());
    for (const auto& [label, label_items] : expected) {
      EXPECT_EQ(found.at(label), std::vector(label_items.begin(), label_items.end())) << label;
    }
    for (const auto& [column, column_items] : of_column) {
      const auto attribute = FindAttribute(table.attributes.labels, fmt::format("name{}", column));
      ASSERT_TRUE(attribute);
      EXPECT_EQ(CountItems(table.attributes.view(), *attribute, items), column_items.size());
    }
  }
}

}  // namespace
}  // namespace derrd
