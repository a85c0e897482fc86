#include "derrd/kernels/adam.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <span>
#include <vector>

#include "derrd/kernels/test_targets.h"

namespace derrd::kernels {
namespace {

constexpr AdamConstants kConstants{0.9f, 0.999f, 1e-8f, 1e-3f};

std::vector<AdamStepScale> Scales(int steps) {
  std::vector<AdamStepScale> scales(1);
  for (int t = 1; t <= steps; ++t) {
    scales.push_back({static_cast<float>(1e-3 / (1 - std::pow(0.9, t))),
                      static_cast<float>(1 / std::sqrt(1 - std::pow(0.999, t)))});
  }
  return scales;
}

struct Moments {
  explicit Moments(std::size_t n) : w(n), m(n), v(n) {
    std::mt19937 engine(1);
    std::normal_distribution<float> normal;
    for (std::size_t i = 0; i < n; ++i) {
      w[i] = normal(engine);
      m[i] = 0.1f * normal(engine);
      v[i] = std::abs(0.01f * normal(engine));
    }
  }
  std::vector<float> w, m, v;
  bool operator==(const Moments&) const = default;
};

TEST(AdamKernel, AStepIsTheFormula) {
  const auto scales = Scales(5);
  OnEveryTarget([&] {
    for (const std::size_t n : {1, 3, 7, 16, 17, 20, 33, 200}) {
      Moments x(n);
      const Moments before = x;
      std::vector<float> gradient(n);
      for (std::size_t i = 0; i < n; ++i) gradient[i] = static_cast<float>(i % 7) - 3.0f;
      AdamStep(x.w.data(), x.m.data(), x.v.data(), gradient.data(), n, scales[5], kConstants);
      for (std::size_t i = 0; i < n; ++i) {
        const double g = gradient[i] + 1e-3 * before.w[i];
        const double m = 0.9 * before.m[i] + 0.1 * g;
        const double v = 0.999 * before.v[i] + 0.001 * g * g;
        const double w = before.w[i] - 1e-3 * (m / (1 - std::pow(0.9, 5))) /
                                           (std::sqrt(v / (1 - std::pow(0.999, 5))) + 1e-8);
        EXPECT_NEAR(x.m[i], m, 1e-6);
        EXPECT_NEAR(x.v[i], v, 1e-6);
        EXPECT_NEAR(x.w[i], w, 1e-6);
      }
    }
  });
}

TEST(AdamKernel, AStepOfRowsHasTheBitsOfEachRowsStep) {
  const auto scales = Scales(7);
  OnEveryTarget([&] {
    for (const std::size_t width : {1, 3, 4, 15, 20, 33, 64, 200}) {
      const std::vector<std::int32_t> known{5, 0, 30, 2, 29, 1, 7, 8, 9, 10, 11, 17, 3, 20, 6};
      const std::size_t following = 3;  // which stay as they are
      const std::span rows = std::span(known).first(known.size() - following);
      Moments together(31 * width);
      Moments one_by_one = together;
      const Moments gradients(rows.size() * width);
      AdamStepRows({together.w.data(), together.m.data(), together.v.data(), width},
                   {known.data(), rows.size(), following}, gradients.w.data(), scales[7],
                   kConstants);
      for (std::size_t i = 0; i < rows.size(); ++i) {
        const std::size_t at = static_cast<std::size_t>(rows[i]) * width;
        AdamStep(one_by_one.w.data() + at, one_by_one.m.data() + at, one_by_one.v.data() + at,
                 gradients.w.data() + i * width, width, scales[7], kConstants);
      }
      EXPECT_EQ(together, one_by_one) << "width " << width;
    }
  });
}

// A replay of rows that stand at different steps, in one call, has the bits of each row's steps
// done one by one with a gradient of zero; rows that are not named do not move.
void ExpectReplayOfSteps(std::size_t width, std::size_t rows,
                         const std::vector<std::int32_t>& chosen,
                         const std::vector<std::int32_t>& from, std::int32_t to) {
  const auto scales = Scales(to);
  Moments replayed(rows * width);
  Moments stepped = replayed;
  AdamReplay({replayed.w.data(), replayed.m.data(), replayed.v.data(), width}, chosen.data(),
             from.data(), chosen.size(), to, scales.data(), kConstants);
  const std::vector<float> zero(width, 0.0f);
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    const std::size_t at = static_cast<std::size_t>(chosen[i]) * width;
    for (std::int32_t t = from[i] + 1; t <= to; ++t) {
      AdamStep(stepped.w.data() + at, stepped.m.data() + at, stepped.v.data() + at, zero.data(),
               width, scales[static_cast<std::size_t>(t)], kConstants);
    }
  }
  EXPECT_EQ(replayed, stepped) << "width " << width;
}

TEST(AdamKernel, AReplayHasTheBitsOfItsSteps) {
  OnEveryTarget([] {
    for (const std::size_t width : {1, 7, 16, 20, 33, 200}) {
      ExpectReplayOfSteps(width, 19, {3, 0, 18, 7, 8, 9, 11, 12, 2},
                          {0, 0, 5, 5, 5, 17, 40, 59, 60}, 60);
    }
  });
}

// More rows than are gathered at once, the table's last among them, from steps in no order.
TEST(AdamKernel, AReplayOfManyRowsInAnyOrder) {
  std::vector<std::int32_t> chosen, from;
  for (std::int32_t i = 0; i < 150; ++i) {
    chosen.push_back(300 - 2 * i);
    from.push_back(i * 7 % 41);
  }
  OnEveryTarget([&] {
    for (const std::size_t width : {1, 3, 7, 15, 20, 33}) {
      ExpectReplayOfSteps(width, 301, chosen, from, 40);
    }
  });
}

}  // namespace
}  // namespace derrd::kernels
