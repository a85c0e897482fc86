#include "derrd/losses/rd.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <vector>

#include "derrd/core/random.h"
#include "derrd/core/safetensors.h"
#include "derrd/losses/test_gradient.h"

namespace derrd {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::FloatEq;
using testing::FloatNear;

struct Rd {
  std::vector<double> scores, weights, gradient;
  double scale;

  Rd(std::vector<double> s, std::vector<double> w, double c = 1.0)
      : scores(std::move(s)), weights(std::move(w)), gradient(scores.size()), scale(c) {}
  double Loss() { return RdLoss<double>(scores, weights, scale, gradient); }
  void ExpectGradients() {
    Loss();
    const auto analytic = gradient;
    ExpectGradient(
        scores, analytic, [&] { return scale * Loss(); }, "scores");
  }
};

Rd RandomRd(std::size_t count) {
  RandomStream stream(7, Role::kTest, count, 0);
  std::vector<double> scores(count), weights(count);
  for (double& score : scores) score = 3 * stream.Normal();
  for (double& weight : weights) weight = stream.Uniform();
  return Rd(std::move(scores), std::move(weights), 0.7);
}

TEST(Rd, IsTheWeightedLogOfTheSigmoid) {
  Rd rd({1.0, -2.0, 0.0}, {0.5, 0.25, 2.0});
  EXPECT_NEAR(
      rd.Loss(),
      0.5 * std::log(1 + std::exp(-1.0)) + 0.25 * std::log(1 + std::exp(2.0)) + 2.0 * std::log(2.0),
      1e-12);
}

TEST(Rd, GradientIsThatOfFiniteDifferences) {
  for (const std::size_t count : {1, 2, 10, 33}) RandomRd(count).ExpectGradients();
}

TEST(Rd, ExtremeScoresStayFiniteAndRight) {
  Rd rd({80, -80, 800, -800}, {1, 1, 1, 0.5});
  EXPECT_NEAR(rd.Loss(), 480, 1e-9);
  rd.ExpectGradients();
  const std::vector<float> scores{80, -80}, weights{1, 1};
  std::vector<float> gradient(2);
  EXPECT_FLOAT_EQ(static_cast<float>(RdLoss<float>(scores, weights, 2.0f, gradient)), 80.0f);
  EXPECT_THAT(gradient, ElementsAre(FloatNear(0, 1e-30f), FloatEq(-2)));
}

TEST(Rd, NothingIsNoLoss) { EXPECT_EQ(Rd({}, {}).Loss(), 0.0); }

TEST(Rd, WhatIsNotFiniteIsNotHidden) {
  EXPECT_FALSE(std::isfinite(Rd({1.0, std::nan("")}, {1.0, 1.0}).Loss()));
}

TEST(RdPositionWeights, FallByTheDecayAndSumToOne) {
  const std::vector<float> weights = RdPositionWeights(10, 2.0);
  EXPECT_NEAR(std::accumulate(weights.begin(), weights.end(), 0.0), 1.0, 1e-6);
  for (std::size_t k = 1; k < 10; ++k) {
    EXPECT_NEAR(weights[k] / weights[k - 1], std::exp(-0.5), 1e-6);
  }
}

TEST(RdPositionWeights, ExtremeDecays) {
  EXPECT_THAT(RdPositionWeights(1, 1e-3), ElementsAre(1.0f));
  EXPECT_THAT(RdPositionWeights(3, 1e-9), ElementsAre(1.0f, 0.0f, 0.0f));
  EXPECT_THAT(RdPositionWeights(4, 1e12), Each(FloatNear(0.25f, 1e-6f)));
}

// Four items, 1000 in all, four sampled: ranks 1, 1 + 249, 1 + 499 and 1 + 999.
TEST(RdDiscrepancies, CountWhoStandsAboveAndOnlyForgiveWhatStandsHighEnough) {
  const std::vector<float> scores{9, 4, 2.5, -9}, sampled{5, 3, -1, -2};
  std::vector<float> weights{1, 1, 0.5, 1};
  MultiplyRdDiscrepancies(scores, sampled, 1000, 1e-3, weights);
  EXPECT_EQ(weights[0], 0.0f);
  EXPECT_FLOAT_EQ(weights[1], static_cast<float>(std::tanh(1e-3 * (250 - 2))));
  EXPECT_FLOAT_EQ(weights[2], static_cast<float>(0.5 * std::tanh(1e-3 * (500 - 3))));
  EXPECT_FLOAT_EQ(weights[3], static_cast<float>(std::tanh(1e-3 * (1000 - 4))));
}

TEST(RdDiscrepancies, ATieIsNotAbove) {
  const std::vector<float> scores{2}, sampled{2, 2};
  std::vector<float> weights{1};
  MultiplyRdDiscrepancies(scores, sampled, 50, 1.0, weights);
  EXPECT_EQ(weights[0], 0.0f);
}

TEST(Rd, AgreesWithPyTorch) {
  const SafetensorsFile reference(DERRD_SOURCES "/losses/testdata/rd_reference.safetensors");
  const auto value = [&](const char* name) { return reference.Elements<double>(name)[0]; };
  const auto scores = reference.MatrixOf<double>("scores");
  const auto sampled = reference.MatrixOf<double>("sampled");
  const auto expected_weights = reference.MatrixOf<double>("weights");
  const auto expected_gradient = reference.MatrixOf<double>("gradient");
  ASSERT_EQ(scores.rows(), 13u);
  double loss = 0.0;
  for (std::size_t user = 0; user < scores.rows(); ++user) {
    const std::vector<float> s(scores.row(user), scores.row(user) + scores.cols());
    const std::vector<float> others(sampled.row(user), sampled.row(user) + sampled.cols());
    std::vector<float> weights = RdPositionWeights(s.size(), value("decay")), gradient(s.size());
    MultiplyRdDiscrepancies(s, others, static_cast<std::size_t>(value("items")),
                            value("discrepancy"), weights);
    loss += RdLoss<float>(s, weights, 1.0f, gradient);
    for (std::size_t k = 0; k < s.size(); ++k) {
      EXPECT_NEAR(weights[k], expected_weights(user, k), 1e-6);
      EXPECT_NEAR(gradient[k], expected_gradient(user, k), 1e-6);
    }
  }
  EXPECT_NEAR(loss / value("loss"), 1.0, 1e-6);
}

}  // namespace
}  // namespace derrd
