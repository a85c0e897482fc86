#include "derrd/cli/memory.h"

#include <gtest/gtest.h>

#include "derrd/core/error.h"
#include "derrd/core/file.h"
#include "derrd/core/test_errors.h"
#include "derrd/core/test_folder.h"

namespace derrd::cli {
namespace {

constexpr RunSize kSize{1'000'000, 100'000, 64, 1024};

TEST(Memory, WhatDoesNotFitIsRefusedWithEveryFigure) {
  EXPECT_NO_THROW(CheckMemory({{"--width", 3e9}, {"--rrd-top", 1e9}}, 4e9));
  EXPECT_EQ(MessageOf<UsageError>([] {
              CheckMemory({{"--width", 1e9}, {"--init", 0.0}, {"--rrd-top", 3.5e9}}, 4e9);
            }),
            "--rrd-top: needs about 4.5 GB of memory (--width 1 GB, --rrd-top 3.5 GB) and 4 GB "
            "are free; give less");
}

TEST(Memory, OfThisMachine) {
  EXPECT_NO_THROW(CheckMemory({{"--width", 1.0}}));
  EXPECT_THROW(CheckMemory({{"--width", 1e18}}), UsageError);
}

// Values, kept epoch and state.
TEST(Memory, TablesStayWithin16BytesAParameter) {
  const double parameters = 1'100'000.0 * 64;
  EXPECT_EQ(TableBytes(kSize, OptimizerKind::kAdam), 16 * parameters + 4 * 1'100'000.0);
  EXPECT_EQ(TableBytes(kSize, OptimizerKind::kRowAdam), 16 * parameters);
  EXPECT_EQ(TableBytes(kSize, OptimizerKind::kAdagrad), 12 * parameters);
  EXPECT_EQ(TableBytes(kSize, OptimizerKind::kSgd), 8 * parameters);
}

TEST(Memory, ScoresComeWithTheGradientsOfTheirRows) {
  EXPECT_EQ(ScoreBytes(kSize, 1024, 80), 40.0 * 1024 * 80 + 4.0 * 64 * 1024 * 81);
  // There are no more rows than the tables have.
  EXPECT_EQ(ScoreBytes(kSize, 65536, 80), 40.0 * 65536 * 80 + 4.0 * 64 * 1'100'000);
  RunSize keeps_pairs = kSize;
  keeps_pairs.numbers_a_pair = 32;
  EXPECT_EQ(ScoreBytes(keeps_pairs, 10, 2), 168.0 * 20 + 4.0 * 64 * 30);
}

TEST(Memory, RankingsAreCutToTheItems) {
  RelaxedListSize lists{500, 30, 50};
  const auto needs = [&lists] {
    return RelaxedListNeeds("rrd", kSize, kSize.users, BatchUsers(kSize), kSize.items, lists);
  };
  EXPECT_EQ(needs()[0].flag, "--rrd-top");
  EXPECT_EQ(needs()[0].bytes, 8.0 * 1e6 * 500);
  EXPECT_EQ(needs()[1].flag, "--rrd-interesting and --rrd-uninteresting");
  EXPECT_EQ(needs()[1].bytes, 4.0 * 1e6 * 80 + ScoreBytes(kSize, 1024, 80));
  lists.top = 1'000'000;
  EXPECT_EQ(needs()[0].bytes, 8.0 * 1e6 * 1e5);
}

TEST(Memory, ExpertsAsTheirParametersSay) {
  const ExpertShape shape = ExpertShape::For(3, 4, 10);
  const double numbers = 3.0 * (4 * 7 + 7 + 7 * 10 + 10) + 10 * 3 + 3;
  // Of 1,024 users and 2,048 items at once.
  const double computed = 3072.0 * 3 * (4 + 7 + 10);
  EXPECT_EQ(ExpertBytes(shape, kSize), 4 * (2 * 4 * numbers + computed));
}

TEST(Memory, Files) {
  const TestFolder folder;
  WriteTextFile(folder / "file", "12345");
  EXPECT_EQ(FileBytes(folder / "file"), 5.0);
  EXPECT_EQ(FileBytes(""), 0.0);
  EXPECT_EQ(FileBytes(folder / "absent"), 0.0);
}

}  // namespace
}  // namespace derrd::cli
