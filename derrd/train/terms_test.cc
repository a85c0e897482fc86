// The terms of an objective around a student: what they ask of it and what they give back.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

#include "derrd/core/error.h"
#include "derrd/models/bpr_mf.h"
#include "derrd/train/bce_term.h"
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
  RrdTerm rrd1(dataset_, Ranking(20), {0.5, 5, 7, 20, 4.0, true}, 3);
  RrdTerm rrd2(dataset_, Ranking(20), {1.0, 5, 7, 20, 4.0, true}, 3);
  ExpectTheWeightScalesTheGradientAlone(rrd1, rrd2);
  DeTermOptions options;
  options.experts = 4;
  options.weight = 0.5;
  DeTerm de1(teacher_, 3, options, 5);
  options.weight = 1.0;
  DeTerm de2(teacher_, 3, options, 5);
  ExpectTheWeightScalesTheGradientAlone(de1, de2);
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

// The loss and its gradient with respect to one item's row, from scores alone.
TEST_F(TermsTest, SeveralNegativesAreAllHeld) {
  batches_ = BatchSampler(dataset_, 90, 1, 3);
  for (EmbeddingTable* table : student_.tables()) {
    for (float& x : table->values.view().elements()) x *= 100.0f;
  }
  BprTerm bpr;
  BceTerm bce;
  for (Term* term : std::initializer_list<Term*>{&bpr, &bce}) {
    const auto reference = [&] {
      const Batch& batch = batches_.Get(0, 0, parallel_);
      double sum = 0.0;
      for (std::size_t i = 0; i < batch.users.size(); ++i) {
        std::vector<std::int32_t> items{batch.positives[i]};
        for (std::size_t n = 3 * i; n < 3 * (i + 1); ++n) items.push_back(batch.negatives[n]);
        std::vector<float> s(4);
        student_.ScoreItems(batch.users[i], items, s);
        if (term == &bce) sum += std::log1p(std::exp(-static_cast<double>(s[0])));
        for (std::size_t n = 1; n < 4; ++n) {
          sum += std::log1p(std::exp(static_cast<double>(term == &bce ? s[n] : s[n] - s[0])));
        }
      }
      return sum;
    };
    EXPECT_NEAR(Step(*term, 0) / reference(), 1.0, 1e-6) << term->name();
    for (EmbeddingTable* table : student_.tables()) {
      for (const std::size_t slot : {0, 5, 17}) {
        float& value = table->values(static_cast<std::size_t>(table->rows[slot]), 1);
        const float kept = value;
        value = kept + 0.01f;
        const double above = reference();
        value = kept - 0.01f;
        const double below = reference();
        value = kept;
        EXPECT_NEAR(table->gradient(slot, 1), (above - below) / 0.02, 2e-3) << term->name();
      }
    }
  }
}

TEST_F(TermsTest, TooFewItemsForKOrLAreFoundBeforeTraining) {
  EXPECT_THROW(RrdTerm(dataset_, Ranking(20), {1.0, 21, 1, 20, 4.0, true}, 3), UsageError);
  EXPECT_THROW(RrdTerm(dataset_, Ranking(20), {1.0, 5, 38, 20, 4.0, true}, 3), UsageError);
}

TEST_F(TermsTest, ARoutingToleranceThatCouldCloseEveryExpertIsRefused) {
  DeTermOptions options;
  options.experts = 10;
  options.routing_tolerance = 0.5;
  EXPECT_THROW(DeTerm(teacher_, 3, options, 5), UsageError);
}

TEST(Annealing, FallsExponentiallyFromTheFirstEpochToTheLast) {
  const Annealing temperature;
  EXPECT_DOUBLE_EQ(temperature.At(0), 1.0);
  EXPECT_NEAR(temperature.At(100), 0.1, 1e-12);
  EXPECT_NEAR(temperature.At(500) / 1e-5, 1.0, 1e-9);
  EXPECT_NEAR(temperature.At(1000) / 1e-10, 1.0, 1e-9);
  EXPECT_NEAR(temperature.At(1000000) / 1e-10, 1.0, 1e-9);
}

}  // namespace
}  // namespace derrd
