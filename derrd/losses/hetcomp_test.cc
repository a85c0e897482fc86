#include "derrd/losses/hetcomp.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <vector>

#include "derrd/core/random.h"
#include "derrd/losses/test_gradient.h"

namespace derrd {
namespace {

using Doubles = std::vector<double>;

struct HetComp {
  Doubles observed, unobserved, observed_gradient, unobserved_gradient;
  std::size_t top;
  double weight = 0.7;

  HetComp(Doubles p, Doubles u, Doubles rest)
      : observed(std::move(p)), unobserved(std::move(u)), top(unobserved.size()) {
    unobserved.insert(unobserved.end(), rest.begin(), rest.end());
    observed_gradient.resize(observed.size());
    unobserved_gradient.resize(unobserved.size());
  }
  double Overall() {
    return HetCompOverallLoss<double>(observed, unobserved, top, weight, observed_gradient,
                                      unobserved_gradient);
  }
  double Ranking() {
    return HetCompRankingLoss<double>(observed, unobserved, top, weight, observed_gradient,
                                      unobserved_gradient);
  }
  void ExpectGradients(const std::function<double()>& loss) {
    loss();
    const Doubles of_observed = observed_gradient, of_unobserved = unobserved_gradient;
    const auto weighted = [&] { return weight * loss(); };
    ExpectGradient(observed, of_observed, weighted, "observed");
    ExpectGradient(unobserved, of_unobserved, weighted, "unobserved");
  }
  void ExpectGradients() {
    ExpectGradients([this] { return Overall(); });
    ExpectGradients([this] { return Ranking(); });
  }
};

Doubles HetcompDraw(std::size_t n, double scale, std::uint64_t entity) {
  RandomStream stream(4, Role::kTest, n, entity);
  Doubles x(n);
  for (double& value : x) value = scale * stream.Normal();
  return x;
}

long double Exp(double x) { return std::exp(static_cast<long double>(x)); }
long double SumOfExp(const Doubles& x, std::size_t from) {
  long double sum = 0;
  for (std::size_t i = from; i < x.size(); ++i) sum += Exp(x[i]);
  return sum;
}

// The formulas as the header has them, in long double and without any care for overflow.
double DirectOverall(const HetComp& h) {
  const long double rest = SumOfExp(h.unobserved, h.top);
  long double loss = 0;
  for (const double f : h.observed) loss -= f - std::log(Exp(f) + rest);
  for (std::size_t i = 0; i < h.top; ++i) {
    loss -= h.unobserved[i] - std::log(Exp(h.unobserved[i]) + rest);
  }
  return static_cast<double>(loss);
}
long double DirectOrder(const Doubles& order, std::size_t count, long double tail) {
  long double loss = 0;
  for (std::size_t k = 0; k < count; ++k) {
    long double below = tail;
    for (std::size_t i = k; i < count; ++i) below += Exp(order[i]);
    loss -= order[k] - std::log(below);
  }
  return loss;
}
double DirectRanking(const HetComp& h) {
  const std::size_t half = h.top / 2, few = h.top / 10;
  const long double behind = SumOfExp(h.unobserved, half);
  return static_cast<double>(DirectOrder(h.observed, h.observed.size(), behind) +
                             (DirectOrder(h.unobserved, half, behind) +
                              DirectOrder(h.unobserved, few, SumOfExp(h.unobserved, few))) /
                                 2);
}

void ExpectFormulas(HetComp h) {
  const double overall = DirectOverall(h), ranking = DirectRanking(h);
  EXPECT_NEAR(h.Overall(), overall, 1e-9 * std::max(1.0, std::abs(overall)));
  EXPECT_NEAR(h.Ranking(), ranking, 1e-9 * std::max(1.0, std::abs(ranking)));
}

TEST(HetComp, IsTheFormulaOfTheAuthors) {
  for (const std::size_t observed : {0, 1, 4}) {
    for (const std::size_t top : {0, 1, 2, 9, 20, 53}) {
      for (const std::size_t rest : {1, 3, 130}) {
        for (const double scale : {0.0, 1.0, 20.0}) {
          ExpectFormulas({HetcompDraw(observed, scale, 0), HetcompDraw(top, scale, 1),
                          HetcompDraw(rest, scale, 2)});
        }
      }
    }
  }
}

TEST(HetComp, GradientsAreThoseOfFiniteDifferences) {
  for (const std::size_t observed : {0, 1, 4}) {
    for (const std::size_t top : {0, 1, 2, 9, 20, 53}) {
      for (const std::size_t rest : {0, 1, 70}) {
        HetComp(HetcompDraw(observed, 2, 3), HetcompDraw(top, 2, 4), HetcompDraw(rest, 2, 5))
            .ExpectGradients();
      }
    }
  }
}

TEST(HetComp, ExtremeScoresStayFiniteAndRight) {
  const Doubles ten_high(10, 80.0), ten_low(10, -80.0);
  for (HetComp h : {HetComp({80, -80}, ten_high, {-80, -80}), HetComp({-80, 80}, ten_low, {80}),
                    HetComp({-80}, ten_high, {80, -80})}) {
    ExpectFormulas(h);
    h.ExpectGradients();
  }
  // In single precision the exponential of the difference is zero or infinite.
  const std::vector<float> observed{-80}, unobserved{80, -80, 80, 80};
  std::vector<float> a(1), b(4);
  const double overall = HetCompOverallLoss<float>(observed, unobserved, 2, 1.0f, a, b);
  EXPECT_NEAR(overall / (2 * (160 + std::log(2.0)) + std::log(3.0)), 1.0, 1e-6);
  EXPECT_NEAR(b[3], (2 + 2.0 / 3) / 2, 1e-5);
  EXPECT_TRUE(std::isfinite(HetCompRankingLoss<float>(observed, unobserved, 2, 1.0f, a, b)));
}

TEST(HetComp, NothingBehindIsCertain) {
  HetComp h({1, 2}, {3, 4}, {});
  EXPECT_EQ(h.Overall(), 0.0);
  EXPECT_EQ(h.observed_gradient, Doubles(2, 0.0));
  EXPECT_EQ(h.unobserved_gradient, Doubles(2, 0.0));
}

TEST(HetComp, AShareOfTheRestWithAnAddedLogarithmStandsForAllOfIt) {
  HetComp all({1, -1}, {2, 1}, {0.5, 0.5, 0.5, 0.5, 0.5, 0.5});
  HetComp few({1, -1}, {2, 1}, {0.5 + std::log(3.0), 0.5 + std::log(3.0)});
  EXPECT_NEAR(all.Overall(), few.Overall(), 1e-12);
  EXPECT_NEAR(3 * all.unobserved_gradient[2], few.unobserved_gradient[2], 1e-12);
  EXPECT_NEAR(all.Ranking(), few.Ranking(), 1e-12);
  EXPECT_NEAR(3 * all.unobserved_gradient[2], few.unobserved_gradient[2], 1e-12);
}

TEST(HetComp, WhatIsNotFiniteIsNotHidden) {
  const double nan = std::nan("");
  for (HetComp h :
       {HetComp({nan}, {1, 2}, {0}), HetComp({1}, {nan, 2}, {0}), HetComp({1}, {1, 2}, {0, nan}),
        HetComp({1}, {1, 2}, {nan, 0}), HetComp({nan}, {1, 2}, {}), HetComp({1}, {1, nan}, {})}) {
    EXPECT_FALSE(std::isfinite(h.Overall()));
    EXPECT_FALSE(std::isfinite(h.Ranking()));
  }
}

TEST(HetCompDiscrepancy, IsOneLessTheGainOfWhatIsShared) {
  const std::vector<std::int32_t> teacher{4, 1, 7}, same{7, 4, 1}, none{0, 2, 3}, first{1, 0, 2};
  EXPECT_EQ(HetCompDiscrepancy(teacher, teacher), 0.0);
  EXPECT_EQ(HetCompDiscrepancy(same, teacher), 0.0) << "only membership counts";
  EXPECT_EQ(HetCompDiscrepancy(none, teacher), 1.0);
  double sum = 0.0;
  for (int t = 0; t < 3; ++t) sum += (std::exp2(std::exp(-t / 10.0)) - 1) / std::log2(t + 2.0);
  EXPECT_NEAR(HetCompDiscrepancy(first, teacher), 1 - 1 / sum, 5.1e-5);
  EXPECT_EQ(HetCompDiscrepancy(std::vector<std::int32_t>{3}, std::vector<std::int32_t>{3}), 0.0);
}

}  // namespace
}  // namespace derrd
