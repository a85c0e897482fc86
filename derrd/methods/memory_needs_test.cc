#include "derrd/methods/memory_needs.h"

#include <gtest/gtest.h>

#include "derrd/core/file.h"
#include "derrd/core/test_folder.h"

namespace derrd {
namespace {

constexpr RunSize kSize{1'000'000, 100'000, 64, 1024};

// Values, kept epoch and state.
TEST(MemoryNeeds, TablesStayWithin16BytesAParameter) {
  const double parameters = 1'100'000.0 * 64;
  EXPECT_EQ(TableBytes(kSize, OptimizerKind::kAdam), 16 * parameters + 4 * 1'100'000.0);
  EXPECT_EQ(TableBytes(kSize, OptimizerKind::kRowAdam), 16 * parameters);
  EXPECT_EQ(TableBytes(kSize, OptimizerKind::kAdagrad), 12 * parameters);
  EXPECT_EQ(TableBytes(kSize, OptimizerKind::kSgd), 8 * parameters);
}

TEST(MemoryNeeds, ScoresComeWithTheGradientsOfTheirRows) {
  EXPECT_EQ(ScoreBytes(kSize, 1024, 80), 40.0 * 1024 * 80 + 4.0 * 64 * 1024 * 81);
  // There are no more rows than the tables have.
  EXPECT_EQ(ScoreBytes(kSize, 65536, 80), 40.0 * 65536 * 80 + 4.0 * 64 * 1'100'000);
  RunSize keeps_pairs = kSize;
  keeps_pairs.numbers_a_pair = 32;
  EXPECT_EQ(ScoreBytes(keeps_pairs, 10, 2), 168.0 * 20 + 4.0 * 64 * 30);
}

TEST(MemoryNeeds, RankingsAreCutToTheItems) {
  RelaxedListOptions lists{.interesting = 30, .uninteresting = 50, .top = 500};
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

TEST(MemoryNeeds, ExpertsAsTheirParametersSay) {
  const ExpertShape shape = ExpertShape::For(3, 4, 10);
  const double numbers = 3.0 * (4 * 7 + 7 + 7 * 10 + 10) + 10 * 3 + 3;
  // Of 1,024 users and 2,048 items at once.
  const double computed = 3072.0 * 3 * (4 + 7 + 10);
  EXPECT_EQ(ExpertBytes(shape, kSize), 4 * (2 * 4 * numbers + computed));
}

TEST(MemoryNeeds, Files) {
  const TestFolder folder;
  WriteTextFile(folder / "file", "12345");
  EXPECT_EQ(FileBytes(folder / "file"), 5.0);
  EXPECT_EQ(FileBytes(""), 0.0);
  EXPECT_EQ(FileBytes(folder / "absent"), 0.0);
}

}  // namespace
}  // namespace derrd
