#include "derrd/train/rd_term.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "derrd/core/error.h"
#include "derrd/losses/rd.h"
#include "derrd/train/test_terms.h"

namespace derrd {
namespace {

class RdTermTest : public TermsTest {
 protected:
  RdTermTest() { Spread(150.0f); }

  // The loss and the gradient of every pair that `weights_of(user)` makes of the recorded scores.
  template <typename WeightsOf>
  double Expected(const RdOptions& options, const WeightsOf& weights_of,
                  std::vector<double>& gradient) const {
    double loss = 0.0;
    for (std::size_t p = 0; p < student_.pairs.size(); ++p) {
      const auto& [user, item, score] = student_.pairs[p];
      const double weight = weights_of(user)[p % options.top];
      const double s = score;
      loss += weight * std::log(1 + std::exp(-s));
      gradient.push_back(-options.weight * weight / (1 + std::exp(s)));
    }
    return loss;
  }
};

TEST_F(RdTermTest, AsksForTheTeachersTopForEveryInteraction) {
  const RdOptions options{.top = 4};
  RdTerm term(dataset_, Ranking(9), options, 3);
  Step(term, 0);
  const Batch& batch = batches_.Get(0, 0, parallel_);
  ASSERT_LT(batch.distinct_users.size(), batch.users.size());
  ASSERT_EQ(student_.pairs.size(), 4 * batch.users.size());
  const Rankings rankings = Ranking(4);
  for (std::size_t p = 0; p < student_.pairs.size(); ++p) {
    EXPECT_EQ(student_.pairs[p].user, batch.users[p / 4]);
    EXPECT_EQ(student_.pairs[p].item,
              rankings.Of(static_cast<std::size_t>(batch.users[p / 4]))[p % 4]);
  }
}

TEST_F(RdTermTest, AtFirstPositionsWeigh) {
  const RdOptions options{.weight = 0.3, .top = 4, .position_decay = 2.0, .discrepancy_epoch = 2};
  RdTerm term(dataset_, Ranking(4), options, 3);
  const double loss = Step(term, 1);
  std::vector<double> gradient;
  const auto weights = RdPositionWeights(4, 2.0);
  EXPECT_NEAR(loss / Expected(
                         options, [&](std::int32_t) { return weights; }, gradient),
              1.0, 1e-6);
  ExpectTableGradients(gradient);
}

// With as many samples the estimated rank nears the true one, so that the weights can be computed
// from it.
TEST_F(RdTermTest, LaterTheStudentsRankWeighsToo) {
  const RdOptions options{.weight = 0.3,
                          .top = 6,
                          .position_decay = 3.0,
                          .discrepancy = 0.02,
                          .samples = 20000,
                          .discrepancy_epoch = 2};
  RdTerm term(dataset_, Ranking(6), options, 3);
  const double loss = Step(term, 2);
  const Rankings rankings = Ranking(6);
  const auto weights_of = [&](std::int32_t user) {
    const auto u = static_cast<std::size_t>(user);
    std::vector<float> all(dataset_.items());
    student_.ScoreAllItems(std::vector{user}, {all.data(), 1, all.size()});
    auto weights = RdPositionWeights(6, 3.0);
    for (std::size_t k = 0; k < 6; ++k) {
      const float score = all[static_cast<std::size_t>(rankings.Of(u)[k])];
      double above = 0.0, unobserved = 0.0;
      for (std::size_t i = 0; i < all.size(); ++i) {
        if (std::ranges::binary_search(dataset_.train().Of(u), static_cast<std::int32_t>(i))) {
          continue;
        }
        ++unobserved;
        if (all[i] > score) ++above;
      }
      const double rank = static_cast<double>(dataset_.items() - 1) * above / unobserved;
      weights[k] *=
          static_cast<float>(std::tanh(std::max(0.0, 0.02 * (rank - static_cast<double>(k)))));
    }
    return weights;
  };
  std::vector<double> gradient;
  EXPECT_NEAR(loss / Expected(options, weights_of, gradient), 1.0, 0.05);
  ASSERT_GT(loss, 0.0);
}

TEST_F(RdTermTest, WhatTheStudentRanksAsHighHasNoWeight) {
  RdTerm term(dataset_, RankUnobserved(student_, dataset_, 5, parallel_),
              {.top = 5, .samples = 5, .discrepancy_epoch = 0}, 3);
  Step(term, 0);
  const double of_first = term.Step(batches_.Get(0, 0, parallel_), student_, parallel_);
  RdTerm positions(dataset_, RankUnobserved(student_, dataset_, 5, parallel_), {.top = 5}, 3);
  EXPECT_LT(of_first, 0.5 * Step(positions, 0));
}

TEST_F(RdTermTest, TheWeightsAreAFunctionOfSeedEpochAndStudent) {
  const RdOptions options{.top = 5, .samples = 7, .discrepancy_epoch = 0};
  RdTerm term(dataset_, Ranking(5), options, 3), again(dataset_, Ranking(5), options, 3),
      other(dataset_, Ranking(5), options, 4);
  const double loss = Step(term, 1);
  Step(again, 0);  // another past
  EXPECT_EQ(Step(again, 1), loss);
  EXPECT_NE(Step(other, 1), loss);
  Spread(-1.0f);  // the signs cancel, so the scores stay
  EXPECT_EQ(Step(term, 1), loss);
  student_.tables()[0]->values(0, 0) += 1.0f;
  student_.tables()[0]->values(7, 1) -= 2.0f;
  EXPECT_NE(Step(term, 1), loss);
}

TEST_F(RdTermTest, TheSameAtAnyNumberOfThreads) {
  const RdOptions options{.top = 5, .samples = 7, .discrepancy_epoch = 0};
  RdTerm term(dataset_, Ranking(5), options, 3);
  const double loss = Step(term, 1);
  for (const int threads : {1, 3, 8}) {
    const Parallel parallel(threads);
    RdTerm again(dataset_, Ranking(5), options, 3);
    again.BeginEpoch(1, student_, parallel);
    EXPECT_EQ(again.Step(batches_.Get(1, 0, parallel), student_, parallel), loss);
  }
}

TEST_F(RdTermTest, TooShortRankingsAreFoundBeforeTraining) {
  EXPECT_THROW(RdTerm(dataset_, Ranking(4), {.top = 5}, 3), UsageError);
}

}  // namespace
}  // namespace derrd
