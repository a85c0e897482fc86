#include "derrd/report/table.h"

#include <gtest/gtest.h>

namespace derrd {
namespace {

TEST(Table, AlignsWordsLeftAndNumbersRight) {
  Table table;
  table.AddColumn("model", Table::Align::kLeft);
  table.AddColumn("HR@5");
  table.AddColumn("n");
  table.AddRow({"teacher.derrd", "0.5331", "1"});
  table.AddRow({"é|x\ny", "0.4", "10"});
  EXPECT_EQ(table.ToMarkdown(),
            "| model         |   HR@5 |  n |\n"
            "| :------------ | -----: | -: |\n"
            "| teacher.derrd | 0.5331 |  1 |\n"
            "| é\\|x y        |    0.4 | 10 |\n");
}

TEST(Table, WithoutRows) {
  Table table;
  table.AddColumn("a");
  EXPECT_EQ(table.ToMarkdown(), "|  a |\n| -: |\n");
}

TEST(Numbers, ReadWell) {
  EXPECT_EQ(WithThousands(0), "0");
  EXPECT_EQ(WithThousands(999), "999");
  EXPECT_EQ(WithThousands(1000), "1,000");
  EXPECT_EQ(WithThousands(1234567), "1,234,567");
  EXPECT_EQ(HumanBytes(0), "0 B");
  EXPECT_EQ(HumanBytes(1023), "1023 B");
  EXPECT_EQ(HumanBytes(1024), "1.0 KiB");
  EXPECT_EQ(HumanBytes(1024 * 1024 - 1), "1.0 MiB");
  EXPECT_EQ(HumanBytes(2432000), "2.3 MiB");
  EXPECT_EQ(HumanBytes(~std::uint64_t{0}), "16384.0 PiB");
  EXPECT_EQ(Percent(0.9312), "93.1 %");
}

}  // namespace
}  // namespace derrd
