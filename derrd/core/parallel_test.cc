#include "derrd/core/parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <limits>
#include <mutex>
#include <vector>

#include "derrd/core/error.h"

namespace derrd {
namespace {

// Opens when `count` threads wait at it; gives up after a while, so that a test fails instead of
// hanging.
class Barrier {
 public:
  explicit Barrier(int count) : missing_(count) {}

  bool Wait() {
    std::unique_lock lock(mutex_);
    if (--missing_ == 0) all_here_.notify_all();
    return all_here_.wait_for(lock, std::chrono::seconds(20), [this] { return missing_ <= 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable all_here_;
  int missing_;
};

int TasksAtOnce(const Parallel& parallel, int tasks) {
  Barrier barrier(tasks);
  std::atomic<int> passed = 0;
  parallel.For(static_cast<std::size_t>(tasks), [&](std::size_t) { passed += barrier.Wait(); });
  return passed;
}

// Read through volatile, so that the processor computes it and not the compiler.
bool DenormalsAreFlushed() {
  volatile float smallest = std::numeric_limits<float>::min();
  volatile float half = smallest * 0.5f;
  return half == 0.0f;
}

class ParallelTest : public testing::TestWithParam<int> {
 protected:
  const Parallel parallel_{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Threads, ParallelTest, testing::Values(1, 2, 3, 8));

TEST_P(ParallelTest, RunsEveryTaskOnce) {
  EXPECT_EQ(parallel_.threads(), GetParam());
  for (const std::size_t count : {0u, 1u, 2u, 7u, 64u, 1001u}) {
    std::vector<std::atomic<int>> runs(count);
    parallel_.For(count, [&](std::size_t i) { ++runs.at(i); });
    for (const auto& run : runs) EXPECT_EQ(run, 1);
  }
}

TEST_P(ParallelTest, ForRangesCoversEverythingInPiecesOfTheGrain) {
  for (const std::size_t size : {0u, 1u, 9u, 10u, 11u, 100u, 101u}) {
    std::vector<std::atomic<int>> runs(size);
    parallel_.ForRanges(size, 10, [&](std::size_t begin, std::size_t end) {
      EXPECT_EQ(begin % 10, 0u);
      EXPECT_EQ(end, std::min(size, begin + 10));
      for (std::size_t i = begin; i < end; ++i) ++runs.at(i);
    });
    for (const auto& run : runs) EXPECT_EQ(run, 1);
  }
}

TEST_P(ParallelTest, ForRangesCoversSeveralRangesEachInPiecesOfItsGrain) {
  const std::vector<Parallel::Range> ranges{{0, 7}, {25, 10}, {0, 1}, {1, 100}, {13, 1}, {0, 3}};
  std::vector<std::vector<std::atomic<int>>> runs;
  for (const Parallel::Range& range : ranges) runs.emplace_back(range.size);
  parallel_.ForRanges(ranges, [&](std::size_t which, std::size_t begin, std::size_t end) {
    EXPECT_EQ(begin % ranges.at(which).grain, 0u);
    EXPECT_EQ(end, std::min(ranges[which].size, begin + ranges[which].grain));
    for (std::size_t i = begin; i < end; ++i) ++runs[which].at(i);
  });
  for (const auto& range : runs) {
    for (const auto& run : range) EXPECT_EQ(run, 1);
  }
  parallel_.ForRanges(std::span<const Parallel::Range>(),
                      [](std::size_t, std::size_t, std::size_t) { FAIL() << "of nothing"; });
}

TEST_P(ParallelTest, RunsLoopsInsideOfTasks) {
  for (const std::size_t outer : {2u, 5u}) {
    std::vector<std::atomic<int>> runs(outer * 100);
    parallel_.For(outer, [&](std::size_t i) {
      parallel_.For(100, [&](std::size_t j) { ++runs.at(i * 100 + j); });
    });
    for (const auto& run : runs) EXPECT_EQ(run, 1);
    EXPECT_THROW(parallel_.For(outer,
                               [&](std::size_t i) {
                                 parallel_.For(100, [&](std::size_t j) {
                                   if (i == 1 && j == 50) Fail("within");
                                 });
                               }),
                 Error);
  }
}

TEST_P(ParallelTest, RethrowsTheErrorOfATaskAndWorksOn) {
  for (const std::size_t count : {1u, 100u}) {
    try {
      parallel_.For(count, [&](std::size_t i) {
        if (i == count / 2) Fail("task {} failed", i);
      });
      FAIL() << "no error came through";
    } catch (const Error& error) {
      EXPECT_EQ(error.what(), fmt::format("task {} failed", count / 2));
    }
    EXPECT_FALSE(DenormalsAreFlushed());
  }
  std::atomic<int> runs = 0;
  parallel_.For(100, [&](std::size_t) { ++runs; });
  EXPECT_EQ(runs, 100);
}

TEST_P(ParallelTest, FlushesDenormalsInsideTasksAndRestoresTheCaller) {
  ASSERT_FALSE(DenormalsAreFlushed());
  for (const std::size_t count : {1u, 200u}) {
    std::atomic<std::size_t> flushed = 0;
    parallel_.For(count, [&](std::size_t) { flushed += DenormalsAreFlushed(); });
    EXPECT_EQ(flushed, count);
    EXPECT_FALSE(DenormalsAreFlushed());
  }
}

TEST_P(ParallelTest, LeavesACallerThatFlushesAsItWas) {
  const FlushDenormals flush;
  parallel_.For(50, [](std::size_t) {});
  EXPECT_TRUE(DenormalsAreFlushed());
}

TEST_P(ParallelTest, HasAsManyThreadsAsAskedForOnAnyMachine) {
  EXPECT_EQ(TasksAtOnce(parallel_, GetParam()), GetParam());
}

TEST(ParallelLimitsTest, AnotherArenaTakesNoThreadsAway) {
  const Parallel narrow(1), middle(2), wide(8);
  EXPECT_EQ(TasksAtOnce(wide, 8), 8);
  EXPECT_EQ(TasksAtOnce(middle, 2), 2);
}

TEST(ParallelLimitsTest, ZeroMeansTheCoresOfThisMachine) {
  EXPECT_GE(Parallel().threads(), 1);
  EXPECT_EQ(Parallel(0).threads(), Parallel().threads());
}

TEST(ParallelLimitsTest, RefusesImpossibleNumbersOfThreads) {
  for (const int threads : {-1, 1025, std::numeric_limits<int>::min()}) {
    try {
      const Parallel parallel(threads);
      FAIL() << threads << " threads were accepted";
    } catch (const UsageError& error) {
      EXPECT_NE(std::string(error.what()).find("--threads"), std::string::npos);
      EXPECT_NE(std::string(error.what()).find("give 1 to 1024"), std::string::npos);
    }
  }
}

TEST(FlushDenormalsTest, NestsAndRestores) {
  ASSERT_FALSE(DenormalsAreFlushed());
  {
    const FlushDenormals outer;
    {
      const FlushDenormals inner;
      EXPECT_TRUE(DenormalsAreFlushed());
    }
    EXPECT_TRUE(DenormalsAreFlushed());
  }
  EXPECT_FALSE(DenormalsAreFlushed());
}

// Inputs count too, not only results.
TEST(FlushDenormalsTest, TakesDenormalInputsForZero) {
  volatile float denormal = std::numeric_limits<float>::denorm_min();
  volatile float huge = 0x1p120f;
  EXPECT_GT(denormal * huge, 0.0f);
  const FlushDenormals flush;
  EXPECT_EQ(denormal * huge, 0.0f);
}

TEST(TreeSumTest, AddsAlongItsTree) {
  EXPECT_EQ(TreeSum({}), 0.0);
  EXPECT_EQ(TreeSum(std::vector{7.5}), 7.5);
  // Left half, then right half: 1 + (-1e100 + 1e100). From left to right it would be 0.
  EXPECT_EQ(TreeSum(std::vector{1.0, -1e100, 1e100}), 1.0);
  EXPECT_EQ(TreeSum(std::vector{1e100, -1e100, 1.0, 2.0}), 3.0);
}

TEST(TreeSumTest, KeepsAccuracyOverManyParts) {
  for (const std::size_t size : {2u, 3u, 1000u, 1024u, 100'001u}) {
    const std::vector<double> parts(size, 0.1);
    const double exact = 0.1 * static_cast<double>(size);
    EXPECT_NEAR(TreeSum(parts), exact, 1e-14 * exact);
  }
}

}  // namespace
}  // namespace derrd
