#include "derrd/losses/rrd.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "derrd/core/random.h"
#include "derrd/core/safetensors.h"
#include "derrd/losses/test_gradient.h"

namespace derrd {
namespace {

struct Rrd {
  std::vector<double> interesting, uninteresting, interesting_gradient, uninteresting_gradient;
  double weight;

  Rrd(std::vector<double> i, std::vector<double> u, double w = 1.0)
      : interesting(std::move(i)),
        uninteresting(std::move(u)),
        interesting_gradient(interesting.size()),
        uninteresting_gradient(uninteresting.size()),
        weight(w) {}
  double Loss() {
    return RrdLoss<double>(interesting, uninteresting, weight, interesting_gradient,
                           uninteresting_gradient);
  }
  void ExpectGradients() {
    Loss();
    const auto of_interesting = interesting_gradient, of_uninteresting = uninteresting_gradient;
    const auto weighted = [&] { return weight * Loss(); };
    ExpectGradient(interesting, of_interesting, weighted, "interesting");
    ExpectGradient(uninteresting, of_uninteresting, weighted, "uninteresting");
  }
};

std::vector<double> RrdDraw(std::size_t n, double scale, std::uint64_t entity) {
  RandomStream stream(2, Role::kTest, n, entity);
  std::vector<double> x(n);
  for (double& value : x) value = scale * stream.Normal();
  return x;
}

// The formula as the paper has it, in long double and without any care for overflow.
double RrdDirect(const Rrd& rrd) {
  long double loss = 0;
  for (std::size_t k = 0; k < rrd.interesting.size(); ++k) {
    long double below = 0;
    for (std::size_t i = k; i < rrd.interesting.size(); ++i)
      below += std::exp(static_cast<long double>(rrd.interesting[i]));
    for (const double u : rrd.uninteresting) below += std::exp(static_cast<long double>(u));
    loss -= rrd.interesting[k] - std::log(below);
  }
  return static_cast<double>(loss);
}

TEST(Rrd, IsTheFormulaOfThePaper) {
  for (const std::size_t k : {1, 2, 5, 40}) {
    for (const std::size_t l : {0, 1, 3, 40}) {
      for (const double scale : {0.0, 1.0, 20.0}) {
        Rrd rrd(RrdDraw(k, scale, 0), RrdDraw(l, scale, 1));
        EXPECT_NEAR(rrd.Loss(), RrdDirect(rrd), 1e-9 * std::max(1.0, std::abs(RrdDirect(rrd))))
            << k << " " << l << " " << scale;
      }
    }
  }
}

TEST(Rrd, GradientIsThatOfFiniteDifferences) {
  for (const std::size_t k : {1, 2, 5, 40}) {
    for (const std::size_t l : {0, 1, 3, 40})
      Rrd(RrdDraw(k, 2, 2), RrdDraw(l, 2, 3), 0.7).ExpectGradients();
  }
}

TEST(Rrd, ExtremeScoresStayFiniteAndRight) {
  Rrd falling({80, 0, -80}, {-80, -80}), rising({-80, 0, 80}, {-80}),
      beaten({-80, -80}, {80, 80, 80});
  for (Rrd* rrd : {&falling, &rising, &beaten}) {
    EXPECT_NEAR(rrd->Loss(), RrdDirect(*rrd), 1e-9 * std::max(1.0, RrdDirect(*rrd)));
    rrd->ExpectGradients();
  }
  // In single precision exp(-160) is zero: the sums must not be taken from it.
  const std::vector<float> interesting{80, -80, -80}, uninteresting{-80};
  std::vector<float> a(3), b(1);
  const double loss = RrdLoss<float>(interesting, uninteresting, 1.0f, a, b);
  EXPECT_NEAR(loss, std::log(3.0) + std::log(2.0), 1e-5);
  EXPECT_NEAR(b[0], 1.0 / 3 + 1.0 / 2, 1e-5);
}

TEST(Rrd, AloneAgainstNothingIsCertain) {
  Rrd rrd({3.0}, {});
  EXPECT_EQ(rrd.Loss(), 0.0);
  EXPECT_EQ(rrd.interesting_gradient[0], 0.0);
}

TEST(Rrd, WhatIsNotFiniteIsNotHidden) {
  EXPECT_FALSE(std::isfinite(Rrd({std::nan(""), 1.0}, {0.0}).Loss()));
  EXPECT_FALSE(std::isfinite(Rrd({1.0}, {0.0, std::nan("")}).Loss()));
}

TEST(Rrd, AgreesWithPyTorch) {
  const SafetensorsFile reference(DERRD_SOURCES "/losses/testdata/rrd_reference.safetensors");
  const auto interesting = reference.MatrixOf<double>("interesting");
  const auto uninteresting = reference.MatrixOf<double>("uninteresting");
  const auto of_interesting = reference.MatrixOf<double>("interesting_gradient");
  const auto of_uninteresting = reference.MatrixOf<double>("uninteresting_gradient");
  ASSERT_EQ(interesting.rows(), 17u);
  double loss = 0.0;
  for (std::size_t user = 0; user < interesting.rows(); ++user) {
    const auto row = [user](MatrixView<const double> m) {
      return std::vector<float>(m.row(user), m.row(user) + m.cols());
    };
    const std::vector<float> i = row(interesting), u = row(uninteresting);
    std::vector<float> gi(i.size()), gu(u.size());
    loss += RrdLoss<float>(i, u, 1.0f, gi, gu);
    for (std::size_t k = 0; k < gi.size(); ++k) EXPECT_NEAR(gi[k], of_interesting(user, k), 1e-5);
    for (std::size_t k = 0; k < gu.size(); ++k) EXPECT_NEAR(gu[k], of_uninteresting(user, k), 1e-5);
  }
  const double expected = reference.Elements<double>("loss")[0];
  EXPECT_NEAR(loss / expected, 1.0, 1e-5);
}

}  // namespace
}  // namespace derrd
