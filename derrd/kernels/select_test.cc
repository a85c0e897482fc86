#include "derrd/kernels/select.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "derrd/kernels/test_targets.h"

namespace derrd::kernels {
namespace {

// Few distinct values, so that many equal the bound.
std::vector<float> DrawFew(std::size_t n, unsigned seed) {
  std::mt19937 engine(seed);
  std::uniform_int_distribution<int> value(-3, 3);
  std::vector<float> x(n);
  for (float& v : x) v = static_cast<float>(value(engine));
  return x;
}

const std::vector<std::size_t> kLengths = {0, 1, 7, 8, 15, 16, 17, 31, 64, 100, 1000};
constexpr float kInfinity = std::numeric_limits<float>::infinity();

TEST(Select, CountsAndFindsWhatTheComparisonSays) {
  OnEveryTarget([] {
    for (const std::size_t n : kLengths) {
      auto x = DrawFew(n, 1);
      if (n > 5) x[5] = std::nanf("");
      for (const float bound : {-4.0f, -3.0f, 0.0f, 2.5f, 3.0f, -kInfinity, kInfinity}) {
        std::size_t not_below = 0;
        std::vector<std::int32_t> above;
        for (std::size_t i = 0; i < n; ++i) {
          not_below += x[i] < bound ? 0 : 1;
          if (!(x[i] <= bound)) above.push_back(static_cast<std::int32_t>(i));
        }
        EXPECT_EQ(CountNotBelow(x.data(), n, bound), not_below) << n << " " << bound;
        std::vector<std::int32_t> found(n);
        found.resize(SelectAbove(x.data(), n, bound, found.data()));
        EXPECT_EQ(found, above) << n << " " << bound;
      }
    }
  });
}

// 1/2, 1/4, ... until what is below sums to no more than allowed.
template <typename T>
void CheckNegligible() {
  std::mt19937 engine(5);
  std::exponential_distribution<T> draw;
  for (const std::size_t n : {1, 2, 7, 15, 16, 17, 30, 100}) {
    for (const T power : {T{1}, T{3}, T{40}}) {
      std::vector<T> x(n);
      T sum = 0;
      for (T& value : x) sum += value = std::pow(draw(engine), power);
      for (T& value : x) value /= sum;
      for (const T tolerance : {T{0}, T{1e-7}, T{1e-3}, T{0.03}, T{0.4}}) {
        const T bound = NegligibleBelow(x.data(), n, tolerance);
        const auto below = [&](T b) {
          T total = 0;
          for (const T value : x) total += value < b ? value : 0;
          return total;
        };
        if (tolerance == 0) {
          EXPECT_EQ(bound, 0);
          continue;
        }
        EXPECT_EQ(std::exp2(std::round(std::log2(bound))), bound);
        EXPECT_LE(bound, T{0.5});
        EXPECT_LE(below(bound), tolerance * T{1.00001});
        if (bound < T{0.5}) {
          EXPECT_GT(below(2 * bound), tolerance * T{0.99999});
        }
      }
      x[n / 2] = std::numeric_limits<T>::quiet_NaN();
      EXPECT_GE(NegligibleBelow(x.data(), n, T{0.03}), 0);
    }
  }
}

TEST(Select, WhatIsNegligibleInAll) {
  OnEveryTarget([] {
    CheckNegligible<float>();
    CheckNegligible<double>();
  });
}

TEST(Select, OneNumberThatIsNotFiniteIsSeenWhereverItStands) {
  OnEveryTarget([] {
    for (const std::size_t n : kLengths) {
      auto x = DrawFew(n, 2);
      if (n > 0) x[0] = std::numeric_limits<float>::max();
      EXPECT_TRUE(AllFinite(x.data(), n));
      for (std::size_t at = 0; at < n; ++at) {
        for (const float bad : {kInfinity, -kInfinity, std::nanf("")}) {
          const float kept = std::exchange(x[at], bad);
          EXPECT_FALSE(AllFinite(x.data(), n)) << n << " " << at;
          x[at] = kept;
        }
      }
    }
  });
}

}  // namespace
}  // namespace derrd::kernels
