#include "derrd/experiment/search_space.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "derrd/core/error.h"
#include "derrd/core/test_errors.h"

namespace derrd {
namespace {

SearchRange List(const std::string& flag, std::vector<std::string> values) {
  return {flag, std::move(values), 0, 0, false, false};
}
SearchRange Between(const std::string& flag, double from, double to, bool log, bool whole = false) {
  return {flag, {}, from, to, log, whole};
}

double Value(const Flags& flags, const std::string& flag) {
  return std::stod(std::string(flags.ValueOf(flag)));
}

TEST(Trials, AGridHasEveryCombinationTheLastChangingFastest) {
  const auto trials =
      Trials(SearchKind::kGrid, 6, {List("--a", {"1", "2"}), List("--b", {"x", "y", "z"})}, 0);
  std::vector<std::string> found;
  for (const Flags& trial : trials) {
    found.push_back(std::string(trial.ValueOf("--a")) + std::string(trial.ValueOf("--b")));
  }
  EXPECT_THAT(found, testing::ElementsAre("1x", "1y", "1z", "2x", "2y", "2z"));
  EXPECT_EQ(trials.front().begin()->name, "--a");
}

TEST(Trials, NothingToChooseIsNoTrial) {
  EXPECT_TRUE(Trials(SearchKind::kRandom, 5, {}, 0).empty());
}

TEST(Trials, AGridBeyondTheBudgetOrOverARangeIsRefused) {
  const auto says = [](const std::vector<SearchRange>& ranges) {
    return MessageOf<UsageError>([&] { Trials(SearchKind::kGrid, 5, ranges, 0); });
  };
  EXPECT_THAT(says({List("--a", {"1", "2"}), List("--b", {"1", "2", "3"})}),
              testing::HasSubstr("budget of 5"));
  EXPECT_THAT(says({Between("--c", 0, 1, false)}), testing::HasSubstr("--c: a grid needs a list"));
}

TEST(Trials, DrawsLieInTheirRangeAndAreUniformOnTheirScale) {
  const auto trials = Trials(SearchKind::kRandom, 400,
                             {Between("--log", 1e-4, 1e-2, true), Between("--linear", 2, 4, false),
                              Between("--whole", 1, 100, true, true)},
                             7);
  ASSERT_EQ(trials.size(), 400u);
  double log_below = 0, linear_below = 0, ends = 0;
  for (const Flags& trial : trials) {
    EXPECT_GE(Value(trial, "--log"), 1e-4);
    EXPECT_LE(Value(trial, "--log"), 1e-2);
    EXPECT_EQ(Value(trial, "--whole"), std::round(Value(trial, "--whole")));
    EXPECT_GE(Value(trial, "--whole"), 1);
    log_below += Value(trial, "--log") < 1e-3;
    linear_below += Value(trial, "--linear") < 3;
  }
  for (const Flags& trial :
       Trials(SearchKind::kRandom, 50, {Between("--b", 0.99, 0.9999, false)}, 7)) {
    EXPECT_LE(Value(trial, "--b"), 0.9999);
  }
  const auto whole =
      Trials(SearchKind::kRandom, 300,
             {Between("--w", 1, 3, false, true), Between("--other", 0, 1, false)}, 7);
  for (const Flags& trial : whole) ends += Value(trial, "--w") != 2;
  EXPECT_NEAR(ends, 200, 40);  // both ends are as likely as what is between
  // Half of 400 each: the standard deviation is 10.
  EXPECT_NEAR(log_below, 200, 45);
  EXPECT_NEAR(linear_below, 200, 45);
}

TEST(Trials, AreTheSameForTheSameSeedAndALargerBudgetGoesOn) {
  const std::vector<SearchRange> ranges = {Between("--a", 0, 1, false)};
  const auto few = Trials(SearchKind::kRandom, 5, ranges, 3);
  auto many = Trials(SearchKind::kHalving, 9, ranges, 3);
  ASSERT_EQ(many.size(), 9u);
  many.resize(5);
  EXPECT_EQ(few, many);
  EXPECT_NE(few, Trials(SearchKind::kRandom, 5, ranges, 4));
}

TEST(Trials, AreAllDifferentAndCoarseRangesGiveWhatTheyHave) {
  const auto trials = Trials(SearchKind::kRandom, 50, {Between("--a", 1, 3, false, true)}, 0);
  EXPECT_EQ(trials.size(), 3u);
  EXPECT_EQ(Trials(SearchKind::kRandom, 9, {List("--a", {"1", "2", "3"})}, 0).size(), 3u);
}

TEST(Rungs, HalveUntilOneIsLeft) {
  const auto rungs = Rungs(SearchKind::kHalving, 9, 10, 3, 1000);
  ASSERT_EQ(rungs.size(), 2u);
  EXPECT_EQ(rungs[0].trials, 9u);
  EXPECT_EQ(rungs[0].epochs, 10);
  EXPECT_EQ(rungs[1].trials, 3u);
  EXPECT_EQ(rungs[1].epochs, 30);
}

TEST(Rungs, RoundUpAndNeverGoBeyondTheRunsOwnEpochs) {
  const auto rungs = Rungs(SearchKind::kHalving, 10, 10, 2, 35);
  ASSERT_EQ(rungs.size(), 3u);
  EXPECT_EQ(rungs[1].trials, 5u);
  EXPECT_EQ(rungs[1].epochs, 20);
  EXPECT_EQ(rungs[2].trials, 3u);
  EXPECT_EQ(rungs[2].epochs, 0);
}

TEST(Rungs, OtherSearchesTryEachInFull) {
  const auto rungs = Rungs(SearchKind::kRandom, 4, 10, 3, 1000);
  ASSERT_EQ(rungs.size(), 1u);
  EXPECT_EQ(rungs[0].trials, 4u);
  EXPECT_EQ(rungs[0].epochs, 0);
}

}  // namespace
}  // namespace derrd
