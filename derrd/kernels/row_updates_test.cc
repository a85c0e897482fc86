#include "derrd/kernels/row_updates.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "derrd/kernels/test_targets.h"

namespace derrd::kernels {
namespace {

constexpr std::size_t kSizes[] = {0, 1, 3, 7, 16, 17, 20, 33, 200};
constexpr float kGuard = 12345.0f;  // behind what a kernel may touch

// n random numbers and one behind them that must stay.
std::vector<float> Random(std::size_t n, unsigned seed) {
  std::mt19937 engine(seed);
  std::normal_distribution<float> normal;
  std::vector<float> x(n + 1, kGuard);
  for (std::size_t i = 0; i < n; ++i) x[i] = normal(engine);
  return x;
}

TEST(RowUpdates, AdagradIsTheFormula) {
  OnEveryTarget([&] {
    for (const std::size_t n : kSizes) {
      std::vector<float> w = Random(n, 1), sum = Random(n, 2);
      const std::vector<float> gradient = Random(n, 3);
      for (std::size_t i = 0; i < n; ++i) sum[i] *= sum[i];
      const std::vector<float> w0 = w, sum0 = sum;
      AdagradStep(w.data(), sum.data(), gradient.data(), n, {0.05f, 1e-3f, 0.1f});
      for (std::size_t i = 0; i < n; ++i) {
        const double before = static_cast<double>(w0[i]);
        const double g = static_cast<double>(gradient[i]) + 0.1 * before;
        const double s = static_cast<double>(sum0[i]) + g * g;
        EXPECT_NEAR(static_cast<double>(sum[i]), s, 1e-6 * (1 + s));
        EXPECT_NEAR(static_cast<double>(w[i]), before - 0.05 * g / (std::sqrt(s) + 1e-3), 1e-6);
      }
      EXPECT_EQ(w[n], kGuard);
      EXPECT_EQ(sum[n], kGuard);
    }
  });
}

// A parameter that has never had a gradient divides nothing by zero.
TEST(RowUpdates, AdagradOfZeroStays) {
  OnEveryTarget([&] {
    std::vector<float> w(5, 0.0f), sum(5, 0.0f), gradient(5, 0.0f);
    AdagradStep(w.data(), sum.data(), gradient.data(), 5, {0.05f, 1e-8f, 0.1f});
    for (const float x : w) EXPECT_EQ(x, 0.0f);
  });
}

TEST(RowUpdates, SgdIsTheFormula) {
  OnEveryTarget([&] {
    for (const std::size_t n : kSizes) {
      std::vector<float> w = Random(n, 4);
      const std::vector<float> w0 = w, gradient = Random(n, 5);
      SgdStep(w.data(), gradient.data(), n, 0.05f, 0.1f);
      for (std::size_t i = 0; i < n; ++i) {
        const double before = static_cast<double>(w0[i]);
        const double g = static_cast<double>(gradient[i]) + 0.1 * before;
        EXPECT_NEAR(static_cast<double>(w[i]), before - 0.05 * g, 1e-6);
      }
      EXPECT_EQ(w[n], kGuard);
    }
  });
}

}  // namespace
}  // namespace derrd::kernels
