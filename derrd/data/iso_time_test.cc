#include "derrd/data/iso_time.h"

#include <gtest/gtest.h>

namespace derrd {
namespace {

TEST(ParseIsoTime, SecondsSince1970) {
  EXPECT_EQ(ParseIsoTime("1970-01-01"), 0.0);
  EXPECT_EQ(ParseIsoTime("1970-01-01 00:00"), 0.0);
  EXPECT_EQ(ParseIsoTime("1969-12-31T23:59:59Z"), -1.0);
  EXPECT_EQ(ParseIsoTime("2024-01-16 10:00:00"), 1705399200.0);  // date -u -d ... +%s
  EXPECT_EQ(ParseIsoTime("2024-02-29T12:34:56"), 1709210096.0);
  EXPECT_EQ(ParseIsoTime("2000-01-01t00:00:00z"), 946684800.0);
}

TEST(ParseIsoTime, Fractions) {
  EXPECT_DOUBLE_EQ(*ParseIsoTime("1970-01-01 00:00:01.25"), 1.25);
  EXPECT_DOUBLE_EQ(*ParseIsoTime("1970-01-01T00:00:01,500000Z"), 1.5);
}

TEST(ParseIsoTime, Zones) {
  EXPECT_EQ(ParseIsoTime("1970-01-01T01:00:00+01:00"), 0.0);
  EXPECT_EQ(ParseIsoTime("1970-01-01 00:00:00-0530"), 19800.0);
  EXPECT_EQ(ParseIsoTime("1970-01-01 02:00:00+02"), 0.0);
  EXPECT_EQ(ParseIsoTime("1970-01-01 02:00:00 +0200"), 0.0);
}

TEST(ParseIsoTime, AnythingElseIsNone) {
  for (const char* text :
       {"", "2024", "2024-1-16", "2024-13-01", "2023-02-29", "2024-01-32", "16/01/2024",
        "2024-01-16T", "2024-01-16 1:00", "2024-01-16 25:00", "2024-01-16 10:60", "2024-01-16 10",
        "2024-01-16 10:00:61", "2024-01-16 10:00:00.", "2024-01-16 10:00:00+", "2024-01-16 10:00x",
        "2024-01-16x", "1705399200", "2024-01-16 10:00:00+1"}) {
    EXPECT_EQ(ParseIsoTime(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace derrd
