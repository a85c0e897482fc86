// Tests of splits and negatives.
#include "derrd/data/splits.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "derrd/core/random.h"
#include "derrd/data/negatives.h"
#include "derrd/data/test_files.h"
#include "derrd/data/test_logs.h"

namespace derrd {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Splits Split(const InteractionLog& log, const Ids& user_ids, const SplitOptions& options,
             int threads = 1) {
  return SplitInteractions(log, user_ids, options, Parallel(threads));
}

OwnedInteractions Negatives(const Splits& splits, const Ids& user_ids, std::size_t items,
                            std::size_t count, std::uint64_t seed, int threads = 1) {
  return SampleNegatives(splits, user_ids, items, count, seed, Parallel(threads));
}

std::vector<std::int32_t> Together(const Splits& splits, std::size_t user) {
  std::vector<std::int32_t> items;
  for (const auto* split : {&splits.train, &splits.valid, &splits.test}) {
    const auto of_user = split->view().Of(user);
    EXPECT_TRUE(std::is_sorted(of_user.begin(), of_user.end()));
    items.insert(items.end(), of_user.begin(), of_user.end());
  }
  std::sort(items.begin(), items.end());
  return items;
}

TEST(SplitsTest, EveryInteractionIsInExactlyOneSplit) {
  const InteractionLog log = RandomLog(1, 50, 100, 17);
  const OwnedInteractions all = ToInteractions(log, 50);
  for (const SplitKind kind : {SplitKind::kLeaveOneOut, SplitKind::kRatio}) {
    for (const SplitOrder order : {SplitOrder::kRandom, SplitOrder::kTime, SplitOrder::kFile}) {
      const Splits splits = Split(log, NumberIds(50), {kind, order, {0.6, 0.2, 0.2}, 3});
      for (std::size_t u = 0; u < 50; ++u) {
        const auto expected = all.view().Of(u);
        EXPECT_EQ(Together(splits, u), std::vector(expected.begin(), expected.end()));
        EXPECT_EQ(splits.test.view().Of(u).size(), kind == SplitKind::kRatio ? 3u : 1u);
        EXPECT_EQ(splits.valid.view().Of(u).size(), kind == SplitKind::kRatio ? 3u : 1u);
      }
    }
  }
}

TEST(SplitsTest, LatestAndLastAreHeldOut) {
  const InteractionLog log{{0, 0, 0, 0}, {7, 3, 9, 5}, {}, {40, 10, 20, 40}};
  const Splits by_time = Split(log, NumberIds(1), {SplitKind::kLeaveOneOut, SplitOrder::kTime});
  EXPECT_THAT(by_time.test.items, ElementsAre(5)) << "of equal times the later row";
  EXPECT_THAT(by_time.valid.items, ElementsAre(7));
  EXPECT_THAT(by_time.train.items, ElementsAre(3, 9));
  const Splits by_file =
      Split(log, NumberIds(1), {SplitKind::kRatio, SplitOrder::kFile, {0.5, 0.25, 0.25}});
  EXPECT_THAT(by_file.test.items, ElementsAre(5));
  EXPECT_THAT(by_file.valid.items, ElementsAre(9));
}

TEST(SplitsTest, RandomSplitsDependOnTheSeedAndNotOnTheOrderOfRows) {
  const InteractionLog log = RandomLog(2, 30, 200, 20);
  InteractionLog reversed;
  reversed.users.assign(log.users.rbegin(), log.users.rend());
  reversed.items.assign(log.items.rbegin(), log.items.rend());
  const Splits a = Split(log, NumberIds(30), {SplitKind::kLeaveOneOut, SplitOrder::kRandom, {}, 1});
  const Splits b =
      Split(reversed, NumberIds(30), {SplitKind::kLeaveOneOut, SplitOrder::kRandom, {}, 1});
  const Splits c = Split(log, NumberIds(30), {SplitKind::kLeaveOneOut, SplitOrder::kRandom, {}, 2});
  EXPECT_EQ(a.test.items, b.test.items);
  EXPECT_EQ(a.train.items, b.train.items);
  EXPECT_NE(a.test.items, c.test.items);
}

// Chi-squared: each of a user's ten items is held out equally often (9 degrees of freedom; 27.9 is
// exceeded once in a thousand, and the seeds are fixed).
TEST(SplitsTest, RandomHeldOutItemsAreUniform) {
  InteractionLog log;
  constexpr std::int32_t kUsers = 5000;
  for (std::int32_t u = 0; u < kUsers; ++u) {
    for (std::int32_t i = 0; i < 10; ++i) {
      log.users.push_back(u);
      log.items.push_back(i);
    }
  }
  const Splits splits = Split(log, NumberIds(kUsers), {});
  for (const auto* split : {&splits.valid, &splits.test}) {
    std::vector<double> counts(10, 0);
    for (const std::int32_t item : split->items) ++counts[static_cast<std::size_t>(item)];
    double chi_squared = 0;
    for (const double count : counts) chi_squared += (count - 500) * (count - 500) / 500;
    EXPECT_LT(chi_squared, 27.9);
  }
}

TEST(SplitsTest, RatiosRoundAndKeepOneForTraining) {
  const std::vector<std::array<std::size_t, 4>> expected = {
      {1, 1, 0, 0}, {2, 2, 0, 0}, {4, 4, 0, 0}, {5, 3, 1, 1}, {10, 8, 1, 1}, {15, 11, 2, 2}};
  for (const auto& [n, train, valid, test] : expected) {
    InteractionLog log{std::vector<std::int32_t>(n, 0), std::vector<std::int32_t>(n), {}, {}};
    std::iota(log.items.begin(), log.items.end(), 0);
    const Splits splits = Split(log, NumberIds(1), {SplitKind::kRatio, SplitOrder::kRandom});
    EXPECT_EQ(splits.train.items.size(), train) << n;
    EXPECT_EQ(splits.valid.items.size(), valid) << n;
    EXPECT_EQ(splits.test.items.size(), test) << n;
  }
  const InteractionLog one{{0}, {0}, {}, {}};
  const Splits splits =
      Split(one, NumberIds(1), {SplitKind::kRatio, SplitOrder::kRandom, {0.1, 0.1, 0.8}});
  EXPECT_THAT(splits.train.items, ElementsAre(0));
  EXPECT_THAT(splits.test.items, IsEmpty());
}

// Interactions that lie by user are split as a log of them is, by any number of threads.
TEST(SplitsTest, TheSameFromALogAndFromRowsAtAnyNumberOfThreads) {
  constexpr std::size_t kUsers = 3000;  // several tasks
  const InteractionLog log = RandomLog(4, kUsers, 100, 12);
  const OwnedInteractions all = ToInteractions(log, kUsers);
  for (const SplitKind kind : {SplitKind::kLeaveOneOut, SplitKind::kRatio}) {
    const SplitOptions options{kind, SplitOrder::kRandom, {0.6, 0.2, 0.2}, 5};
    const Splits expected = Split(log, NumberIds(kUsers), options);
    for (const int threads : {1, 2, 3, 8}) {
      const Splits splits =
          SplitAtRandom(all.view(), NumberIds(kUsers), options, Parallel(threads));
      EXPECT_EQ(splits.train.offsets, expected.train.offsets);
      EXPECT_EQ(splits.train.items, expected.train.items);
      EXPECT_EQ(splits.valid.items, expected.valid.items);
      EXPECT_EQ(splits.test.items, expected.test.items);
      EXPECT_EQ(Split(log, NumberIds(kUsers), options, threads).train.items, expected.train.items);
    }
  }
}

TEST(SplitsTest, LeaveOneOutNeedsThreeInteractionsOfEveryUser) {
  const InteractionLog log{{0, 0, 0, 1, 1, 3}, {1, 2, 3, 1, 2, 1}, {}, {}};
  EXPECT_THAT(MessageOf([&] { Split(log, NumberIds(4), {}); }),
              AllOf(HasSubstr("3 of 4 users have fewer"), HasSubstr("user 'id1' with 2"),
                    HasSubstr("--min-user 3")));
}

TEST(SplitsTest, TimeOrderNeedsTimes) {
  const InteractionLog log{{0, 0, 0}, {1, 2, 3}, {}, {}};
  EXPECT_THAT(MessageOf([&] {
                Split(log, NumberIds(1), {SplitKind::kLeaveOneOut, SplitOrder::kTime});
              }),
              HasSubstr("no time column"));
}

TEST(SplitsTest, ParsesRatios) {
  EXPECT_THAT(ParseRatio("0.8,0.1,0.1"), ElementsAre(0.8, 0.1, 0.1));
  EXPECT_THAT(ParseRatio("1,0,0"), ElementsAre(1, 0, 0));
  for (const auto* bad : {"", "0.8", "0.8,0.2", "0.8,0.1,0.2", "0,0.5,0.5", "1.2,-0.1,-0.1",
                          "nan,0,1", "0.8,0.1,0.1,", "a,b,c", "0.8;0.1;0.1"}) {
    EXPECT_THAT(MessageOf<UsageError>([&] { ParseRatio(bad); }), HasSubstr("--ratio")) << bad;
  }
}

TEST(NegativesTest, AreDistinctAndUnseen) {
  const InteractionLog log = RandomLog(6, 40, 60, 20);
  const Splits splits = Split(log, NumberIds(40), {});
  for (const std::size_t count : {1u, 17u, 40u}) {
    const OwnedInteractions negatives = Negatives(splits, NumberIds(40), 60, count, 9);
    for (std::size_t u = 0; u < 40; ++u) {
      const auto drawn = negatives.view().Of(u);
      ASSERT_EQ(drawn.size(), count);
      ASSERT_TRUE(std::ranges::is_sorted(drawn, std::less_equal<>())) << "distinct";
      const auto seen = Together(splits, u);
      std::vector<std::int32_t> both;
      std::ranges::set_intersection(drawn, seen, std::back_inserter(both));
      ASSERT_THAT(both, IsEmpty());
      ASSERT_GE(drawn.front(), 0);
      ASSERT_LT(drawn.back(), 60);
    }
  }
}

TEST(NegativesTest, DependOnTheSeed) {
  const Splits splits = Split(RandomLog(6, 10, 60, 5), NumberIds(10), {});
  const auto draw = [&](std::uint64_t seed) {
    return Negatives(splits, NumberIds(10), 60, 10, seed).items;
  };
  EXPECT_EQ(draw(1), draw(1));
  EXPECT_NE(draw(1), draw(2));
}

TEST(NegativesTest, AreTheSameAtAnyNumberOfThreads) {
  constexpr std::size_t kUsers = 9000;  // several tasks
  const Splits splits = Split(RandomLog(6, kUsers, 60, 5), NumberIds(kUsers), {});
  const OwnedInteractions expected = Negatives(splits, NumberIds(kUsers), 60, 7, 1);
  for (const int threads : {2, 3, 8}) {
    EXPECT_EQ(Negatives(splits, NumberIds(kUsers), 60, 7, 1, threads).items, expected.items);
  }
}

// Every unseen item is drawn equally often, and every pair of them too (a sample may have uniform
// members and yet favour neighbours). Chi-squared; the limits are exceeded once in a thousand.
TEST(NegativesTest, AreUniform) {
  constexpr std::size_t kUsers = 20'000;
  constexpr std::size_t kItems = 8;  // items 1 and 4 are seen: six unseen, of which three are drawn
  Splits splits;
  for (std::size_t u = 0; u < kUsers; ++u) {
    splits.train.items.push_back(4);
    splits.test.items.push_back(1);
    for (auto* split : {&splits.train, &splits.valid, &splits.test}) {
      split->offsets.push_back(static_cast<std::int64_t>(split->items.size()));
    }
  }
  const OwnedInteractions negatives = Negatives(splits, NumberIds(kUsers), kItems, 3, 0);
  std::map<std::vector<std::int32_t>, double> subsets;
  for (std::size_t u = 0; u < kUsers; ++u) {
    const auto drawn = negatives.view().Of(u);
    ++subsets[{drawn.begin(), drawn.end()}];
  }
  ASSERT_EQ(subsets.size(), 20u) << "three of six";
  double chi_squared = 0;
  for (const auto& [subset, count] : subsets) chi_squared += (count - 1000) * (count - 1000) / 1000;
  EXPECT_LT(chi_squared, 43.8) << "19 degrees of freedom";
}

TEST(NegativesTest, TooFewUnseenItemsAreAnError) {
  const Splits splits = Split(RandomLog(6, 10, 25, 20), NumberIds(10), {});
  EXPECT_THAT(MessageOf([&] { Negatives(splits, NumberIds(10), 25, 6, 0); }),
              AllOf(HasSubstr("6 sampled negatives"), HasSubstr("user 'id0' has only 5 items"),
                    HasSubstr("--negatives 5")));
}

}  // namespace
}  // namespace derrd
