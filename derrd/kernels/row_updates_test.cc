#include "derrd/kernels/row_updates.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <random>
#include <vector>

#include "derrd/kernels/test_targets.h"

namespace derrd::kernels {
namespace {

constexpr std::size_t kUpdatedWidths[] = {1, 3, 7, 16, 17, 20, 33, 200};
constexpr float kGuard = 12345.0f;  // behind what a kernel may touch
constexpr std::size_t kRows = 9;
const std::vector<std::int32_t> kChosen{7, 0, 3, 8};

// n random numbers and one behind them that must stay.
std::vector<float> Random(std::size_t n, unsigned seed) {
  std::mt19937 engine(seed);
  std::normal_distribution<float> normal;
  std::vector<float> x(n + 1, kGuard);
  for (std::size_t i = 0; i < n; ++i) x[i] = normal(engine);
  return x;
}

// Calls check(place in the table, its gradient or nothing where its row was not chosen).
template <typename Check>
void ForPlaces(std::size_t width, const std::vector<float>& gradients, const Check& check) {
  for (std::size_t r = 0; r < kRows; ++r) {
    const auto at = std::ranges::find(kChosen, static_cast<std::int32_t>(r));
    for (std::size_t k = 0; k < width; ++k) {
      const auto i = static_cast<std::size_t>(at - kChosen.begin()) * width + k;
      check(r * width + k, at == kChosen.end()
                               ? std::optional<double>()
                               : std::optional<double>(static_cast<double>(gradients[i])));
    }
  }
}

TEST(RowUpdates, AdagradIsTheFormula) {
  OnEveryTarget([&] {
    for (const std::size_t width : kUpdatedWidths) {
      std::vector<float> w = Random(kRows * width, 1), sum = Random(kRows * width, 2);
      const std::vector<float> gradients = Random(kChosen.size() * width, 3);
      for (std::size_t i = 0; i < kRows * width; ++i) sum[i] *= sum[i];
      const std::vector<float> w0 = w, sum0 = sum;
      AdagradStepRows(w.data(), sum.data(), width, {kChosen.data(), kChosen.size()},
                      gradients.data(), {0.05f, 1e-3f, 0.1f});
      ForPlaces(width, gradients, [&](std::size_t i, std::optional<double> gradient) {
        if (!gradient) {
          EXPECT_EQ(w[i], w0[i]);
          EXPECT_EQ(sum[i], sum0[i]);
          return;
        }
        const double before = static_cast<double>(w0[i]);
        const double g = *gradient + 0.1 * before;
        const double s = static_cast<double>(sum0[i]) + g * g;
        EXPECT_NEAR(static_cast<double>(sum[i]), s, 1e-6 * (1 + s));
        EXPECT_NEAR(static_cast<double>(w[i]), before - 0.05 * g / (std::sqrt(s) + 1e-3), 1e-6);
      });
      EXPECT_EQ(w.back(), kGuard);
      EXPECT_EQ(sum.back(), kGuard);
    }
  });
}

// A parameter that has never had a gradient divides nothing by zero.
TEST(RowUpdates, AdagradOfZeroStays) {
  OnEveryTarget([&] {
    std::vector<float> w(5, 0.0f), sum(5, 0.0f), gradient(5, 0.0f);
    const std::int32_t row = 0;
    AdagradStepRows(w.data(), sum.data(), 5, {&row, 1}, gradient.data(), {0.05f, 1e-8f, 0.1f});
    for (const float x : w) EXPECT_EQ(x, 0.0f);
  });
}

TEST(RowUpdates, SgdIsTheFormula) {
  OnEveryTarget([&] {
    for (const std::size_t width : kUpdatedWidths) {
      std::vector<float> w = Random(kRows * width, 4);
      const std::vector<float> w0 = w, gradients = Random(kChosen.size() * width, 5);
      SgdStepRows(w.data(), width, {kChosen.data(), kChosen.size()}, gradients.data(), 0.05f, 0.1f);
      ForPlaces(width, gradients, [&](std::size_t i, std::optional<double> gradient) {
        const double before = static_cast<double>(w0[i]);
        const double g = gradient ? *gradient + 0.1 * before : 0.0;
        EXPECT_NEAR(static_cast<double>(w[i]), before - 0.05 * g, gradient ? 1e-6 : 0.0);
      });
      EXPECT_EQ(w.back(), kGuard);
    }
  });
}

TEST(RowUpdates, NoRowsAreNoWork) {
  OnEveryTarget([&] {
    std::vector<float> w(5, 1.0f);
    SgdStepRows(w.data(), 5, {nullptr, 0}, nullptr, 0.05f, 0.1f);
    AdagradStepRows(w.data(), w.data(), 5, {nullptr, 0}, nullptr, {0.05f, 1e-8f, 0.1f});
    for (const float x : w) EXPECT_EQ(x, 1.0f);
  });
}

}  // namespace
}  // namespace derrd::kernels
