#include "derrd/losses/bce.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "derrd/core/random.h"
#include "derrd/losses/test_gradient.h"

namespace derrd {
namespace {

struct Bce {
  std::vector<double> positive, negative, positive_gradient, negative_gradient;

  Bce(std::vector<double> p, std::vector<double> n)
      : positive(std::move(p)),
        negative(std::move(n)),
        positive_gradient(positive.size()),
        negative_gradient(negative.size()) {}
  double Loss() {
    return BceLoss<double>(positive, negative, positive_gradient, negative_gradient);
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

TEST(Bce, IsTheCrossEntropyOfTheSigmoids) {
  Bce bce({1.0, -2.0}, {0.25, 1.0, -0.5});
  double expected = 0.0;
  for (const double x : bce.positive) expected -= std::log(1 / (1 + std::exp(-x)));
  for (const double x : bce.negative) expected -= std::log(1 - 1 / (1 + std::exp(-x)));
  EXPECT_NEAR(bce.Loss(), expected, 1e-12);
}

TEST(Bce, GradientIsThatOfFiniteDifferences) {
  for (const std::size_t n : {1, 2, 7, 33}) {
    RandomStream stream(1, Role::kTest, 0, n);
    std::vector<double> positive(n), negative(3 * n);
    for (double& x : positive) x = 3 * stream.Normal();
    for (double& x : negative) x = 3 * stream.Normal();
    Bce(positive, negative).ExpectGradients();
  }
}

TEST(Bce, ExtremeLogitsStayFiniteAndRight) {
  Bce bce({80, -80}, {-80, 80});
  EXPECT_NEAR(bce.Loss(), 160, 1e-9);
  bce.ExpectGradients();
  const std::vector<float> low{-80, -1e30f}, high{80, 1e30f};
  std::vector<float> a(2), b(2);
  EXPECT_TRUE(std::isfinite(BceLoss<float>(low, high, a, b)));
  EXPECT_EQ(a[0], -1.0f);
  EXPECT_EQ(b[1], 1.0f);
}

TEST(Bce, NothingCostsNothing) { EXPECT_EQ(Bce({}, {}).Loss(), 0.0); }

TEST(Bce, WhatIsNotFiniteIsNotHidden) {
  EXPECT_FALSE(std::isfinite(Bce({std::nan("")}, {}).Loss()));
  EXPECT_FALSE(std::isfinite(Bce({}, {std::nan("")}).Loss()));
}

}  // namespace
}  // namespace derrd
