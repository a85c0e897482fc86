// The terms of an objective around a student: what they ask of it and what they give back.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <vector>

#include "derrd/core/error.h"
#include "derrd/losses/bpr.h"
#include "derrd/losses/rrd.h"
#include "derrd/train/bpr_term.h"
#include "derrd/train/de_term.h"
#include "derrd/train/rrd_term.h"
#include "derrd/train/test_terms.h"

namespace derrd {
namespace {

TEST_F(TermsTest, RrdAsksForInterestingItemsInTeacherOrderAndUninterestingOnesOutsideTheTop) {
  const Rankings rankings = Ranking(20);
  RrdTerm term(dataset_, Ranking(20), {1.0, 5, 7, 20, 4.0, true}, 3);
  std::set<std::vector<std::int32_t>> lists_of_one_user;
  for (std::int32_t epoch = 0; epoch < 5; ++epoch) {
    Step(term, epoch);
    const auto distinct = batches_.Get(epoch, 0, parallel_).distinct_users;
    EXPECT_EQ(student_.asked.size(), distinct.size());
    for (const auto& [user, items] : student_.asked) {
      ASSERT_EQ(items.size(), 12u);
      EXPECT_EQ(std::set(items.begin(), items.end()).size(), 12u) << "a duplicate";
      const auto u = static_cast<std::size_t>(user);
      const auto ranking = rankings.Of(u);
      std::ptrdiff_t before = -1;
      for (std::size_t i = 0; i < items.size(); ++i) {
        EXPECT_FALSE(std::ranges::binary_search(dataset_.train().Of(u), items[i])) << "observed";
        const auto position = std::ranges::find(ranking, items[i]) - ranking.begin();
        if (i < 5) {
          EXPECT_LT(position, 20);
          EXPECT_GT(position, before) << "not in the teacher's order";
          before = position;
        } else {
          EXPECT_EQ(position, 20) << "an uninteresting item from the top";
        }
      }
      if (user == student_.asked.begin()->first) lists_of_one_user.insert(items);
    }
  }
  EXPECT_GT(lists_of_one_user.size(), 1u) << "sampled once, not anew each epoch";
}

TEST_F(TermsTest, RrdWithoutSamplingTakesTheTopAsItIs) {
  const Rankings rankings = Ranking(20);
  RrdTerm term(dataset_, Ranking(20), {1.0, 5, 7, 20, 4.0, false}, 3);
  Step(term, 0);
  for (const auto& [user, items] : student_.asked) {
    const auto top = rankings.Of(static_cast<std::size_t>(user)).first(5);
    EXPECT_TRUE(std::equal(top.begin(), top.end(), items.begin()));
  }
}

TEST_F(TermsTest, TheWeightScalesTheGradientAndNotTheReportedLoss) {
  const auto compare = [&](Term& one, Term& two) {
    const double loss = Step(one, 0);
    const double norm = GradientNorm();
    EXPECT_NEAR(Step(two, 0) / loss, 1.0, 1e-6);
    EXPECT_NEAR(GradientNorm() / norm, 2.0, 1e-4);
  };
  RrdTerm rrd1(dataset_, Ranking(20), {0.5, 5, 7, 20, 4.0, true}, 3);
  RrdTerm rrd2(dataset_, Ranking(20), {1.0, 5, 7, 20, 4.0, true}, 3);
  compare(rrd1, rrd2);
  DeTermOptions options;
  options.experts = 4;
  options.weight = 0.5;
  DeTerm de1(teacher_, 3, options, 5);
  options.weight = 1.0;
  DeTerm de2(teacher_, 3, options, 5);
  compare(de1, de2);
}

TEST_F(TermsTest, BprIsTheLossOfTheBatch) {
  BprTerm term;
  const double loss = Step(term, 0);
  const Batch& batch = batches_.Get(0, 0, parallel_);
  double expected = 0.0;
  for (std::size_t i = 0; i < batch.users.size(); ++i) {
    const std::vector<std::int32_t> pair{batch.positives[i], batch.negatives[i]};
    std::vector<float> scores(2);
    student_.ScoreItems(batch.users[i], pair, scores);
    expected += std::log1p(std::exp(-static_cast<double>(scores[0] - scores[1])));
  }
  EXPECT_NEAR(loss / expected, 1.0, 1e-6);
}

TEST_F(TermsTest, TooFewItemsForKOrLAreFoundBeforeTraining) {
  EXPECT_THROW(RrdTerm(dataset_, Ranking(20), {1.0, 21, 1, 20, 4.0, true}, 3), UsageError);
  EXPECT_THROW(RrdTerm(dataset_, Ranking(20), {1.0, 5, 38, 20, 4.0, true}, 3), UsageError);
}

TEST_F(TermsTest, ARoutingThresholdThatCouldCloseEveryExpertIsRefused) {
  DeTermOptions options;
  options.experts = 10;
  options.routing_threshold = 0.1;
  EXPECT_THROW(DeTerm(teacher_, 3, options, 5), UsageError);
}

TEST(Temperature, FallsExponentiallyFromTheFirstEpochToTheLast) {
  const DeTermOptions options;
  EXPECT_DOUBLE_EQ(Temperature(options, 0), 1.0);
  EXPECT_NEAR(Temperature(options, 100), 0.1, 1e-12);
  EXPECT_NEAR(Temperature(options, 500) / 1e-5, 1.0, 1e-9);
  EXPECT_NEAR(Temperature(options, 1000) / 1e-10, 1.0, 1e-9);
  EXPECT_NEAR(Temperature(options, 1000000) / 1e-10, 1.0, 1e-9);
}

}  // namespace
}  // namespace derrd
