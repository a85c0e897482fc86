#include "derrd/losses/bpr.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "derrd/core/random.h"
#include "derrd/losses/test_gradient.h"

namespace derrd {
namespace {

struct Bpr {
  std::vector<double> positive, negative, positive_gradient, negative_gradient;

  explicit Bpr(std::vector<double> p, std::vector<double> n)
      : positive(std::move(p)),
        negative(std::move(n)),
        positive_gradient(positive.size()),
        negative_gradient(positive.size()) {}
  double Loss() {
    return BprLoss<double>(positive, negative, positive_gradient, negative_gradient);
  }
  void ExpectGradients() {
    Loss();
    const auto of_positive = positive_gradient, of_negative = negative_gradient;
    ExpectGradient(
        positive, of_positive, [&] { return Loss(); }, "positive");
    ExpectGradient(
        negative, of_negative, [&] { return Loss(); }, "negative");
  }
};

TEST(Bpr, IsMinusTheLogOfTheSigmoidOfTheMargin) {
  Bpr bpr({1.0, -2.0, 0.5}, {0.25, 1.0, 0.5});
  double expected = 0.0;
  for (const double margin : {0.75, -3.0, 0.0}) expected -= std::log(1 / (1 + std::exp(-margin)));
  EXPECT_NEAR(bpr.Loss(), expected, 1e-12);
}

TEST(Bpr, GradientIsThatOfFiniteDifferences) {
  for (const std::size_t n : {1, 2, 7, 33}) {
    RandomStream stream(1, Role::kTest, 0, n);
    std::vector<double> positive(n), negative(n);
    for (double& x : positive) x = 3 * stream.Normal();
    for (double& x : negative) x = 3 * stream.Normal();
    Bpr(positive, negative).ExpectGradients();
  }
}

TEST(Bpr, ExtremeScoresStayFiniteAndRight) {
  Bpr bpr({80, -80, 80, -80}, {-80, 80, 80, -80});
  EXPECT_NEAR(bpr.Loss(), 160 + 2 * std::log(2.0), 1e-9);
  bpr.ExpectGradients();
  const std::vector<float> high{80, 1e30f}, low{-80, -1e30f};
  std::vector<float> a(2), b(2);
  EXPECT_TRUE(std::isfinite(BprLoss<float>(low, high, a, b)));
  EXPECT_EQ(a[0], -1.0f);
  EXPECT_EQ(b[1], 1.0f);
}

TEST(Bpr, ManyPairsAreTheSumOfAll) {
  const std::vector<double> zeros(5000, 0.0);
  EXPECT_NEAR(Bpr(zeros, zeros).Loss(), 5000 * std::log(2.0), 1e-8);
  std::vector<double> positive(5000);
  RandomStream stream(1, Role::kTest, 0, 0);
  double expected = 0.0;
  for (double& x : positive) {
    x = 5 * stream.Normal();
    expected += std::log1p(std::exp(-x));
  }
  EXPECT_NEAR(Bpr(positive, zeros).Loss(), expected, 1e-8);
}

TEST(Bpr, NothingCostsNothing) { EXPECT_EQ(Bpr({}, {}).Loss(), 0.0); }

TEST(Bpr, WhatIsNotFiniteIsNotHidden) {
  EXPECT_FALSE(std::isfinite(Bpr({std::nan("")}, {0.0}).Loss()));
  std::vector<double> scores(5000, 0.0);
  scores[10] = std::nan("");
  EXPECT_FALSE(std::isfinite(Bpr(scores, std::vector<double>(5000, 0.0)).Loss()));
}

}  // namespace
}  // namespace derrd
