// Each against a plain loop in long double, on every instruction set, at lengths around the
// vectors' and at addresses that no vector would choose.
#include "derrd/kernels/vectors.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "derrd/kernels/exp_log.h"
#include "derrd/kernels/plackett_luce.h"
#include "derrd/kernels/test_targets.h"

namespace derrd::kernels {
namespace {

const std::vector<std::size_t> kRowLengths = {0,  1,  2,  3,  7,  8,   15, 16,
                                              17, 20, 30, 33, 64, 110, 200};

template <typename T>
std::vector<T> Draw(std::size_t n, unsigned seed, double scale = 1.0) {
  std::mt19937 engine(seed);
  std::normal_distribution<double> normal(0.0, scale);
  std::vector<T> x(n);
  for (T& value : x) value = static_cast<T>(normal(engine));
  return x;
}

template <typename T>
class VectorsTest : public testing::Test {
 protected:
  // Relative to `scale`, the size of what was added up.
  static void ExpectClose(T value, long double expected, long double scale, std::size_t n) {
    const long double unit = std::numeric_limits<T>::epsilon();
    EXPECT_NEAR(static_cast<double>(value), static_cast<double>(expected),
                static_cast<double>(16 * unit * (scale + std::abs(expected))))
        << "length " << n;
  }
};
using Precisions = testing::Types<float, double>;
TYPED_TEST_SUITE(VectorsTest, Precisions);

TYPED_TEST(VectorsTest, RowsAreAddedAndMultiplied) {
  using T = TypeParam;
  OnEveryTarget([] {
    for (const std::size_t n : kRowLengths) {
      const auto x = Draw<T>(n, 1), bias = Draw<T>(n, 2), start = Draw<T>(n, 3);
      const T scale = static_cast<T>(0.7);
      long double dot = 0, size = 0;
      for (std::size_t i = 0; i < n; ++i) {
        dot += static_cast<long double>(x[i]) * bias[i];
        size += std::abs(static_cast<long double>(x[i]) * bias[i]);
      }
      TestFixture::ExpectClose(Dot(x.data(), bias.data(), n), dot, size, n);
      auto sum = start, biased = start, scaled = start;
      AddScaled(scale, x.data(), n, sum.data());
      AddScaledSum(scale, x.data(), bias.data(), n, biased.data());
      Scale(scale, n, scaled.data());
      for (std::size_t i = 0; i < n; ++i) {
        const long double s = scale, from = start[i];
        TestFixture::ExpectClose(sum[i], from + s * x[i], 4, n);
        TestFixture::ExpectClose(biased[i], from + s * (static_cast<long double>(x[i]) + bias[i]),
                                 4, n);
        TestFixture::ExpectClose(scaled[i], s * from, 1, n);
      }
    }
  });
}

TYPED_TEST(VectorsTest, AReluLayerForwardAndBackward) {
  using T = TypeParam;
  OnEveryTarget([] {
    for (const std::size_t n : kRowLengths) {
      const std::size_t rows = 3;
      const auto x = Draw<T>(rows * n, 4), bias = Draw<T>(n, 5);
      auto hidden = x;
      AddBiasRelu(bias.data(), rows, n, hidden.data());
      for (std::size_t i = 0; i < rows * n; ++i) {
        EXPECT_EQ(hidden[i], std::max(x[i] + bias[i % n], T{0}));
      }
      auto gradient = Draw<T>(rows * n, 6);
      const auto hidden_before = hidden, gradient_before = gradient;
      const T scale = static_cast<T>(0.3);
      const T dot = ReluBackward(scale, n, hidden.data(), gradient.data());
      long double expected = 0;
      for (std::size_t i = 0; i < n; ++i) {
        expected += static_cast<long double>(hidden_before[i]) * gradient_before[i];
        EXPECT_EQ(hidden[i], scale * hidden_before[i]);
        EXPECT_EQ(gradient[i], hidden_before[i] > 0 ? scale * gradient_before[i] : T{0});
      }
      TestFixture::ExpectClose(dot, expected, static_cast<long double>(n), n);
      for (std::size_t i = n; i < rows * n; ++i) EXPECT_EQ(hidden[i], hidden_before[i]);
    }
  });
}

TYPED_TEST(VectorsTest, Exponentials) {
  using T = TypeParam;
  OnEveryTarget([] {
    for (const std::size_t n : kRowLengths) {
      auto a = Draw<T>(n, 7, 20.0);
      const auto b = Draw<T>(n, 8, 3.0);
      if (n > 2) a[1] = -1000;
      std::vector<T> each(n), shifted(n);
      ExpOfDifference(a.data(), b.data(), n, each.data());
      ExpOfDifference(a.data(), T{1}, n, shifted.data());
      for (std::size_t i = 0; i < n; ++i) {
        const long double e = std::exp(static_cast<long double>(static_cast<T>(a[i] - b[i])));
        const long double s = std::exp(static_cast<long double>(static_cast<T>(a[i] - 1)));
        // What is below the smallest normal number may be flushed to zero.
        const long double least = std::numeric_limits<T>::min() / std::numeric_limits<T>::epsilon();
        TestFixture::ExpectClose(each[i], e, least, n);
        TestFixture::ExpectClose(shifted[i], s, least, n);
      }
    }
  });
}

TYPED_TEST(VectorsTest, SigmoidOfAnyNumber) {
  using T = TypeParam;
  OnEveryTarget([] {
    for (const std::size_t n : kRowLengths) {
      auto x = Draw<T>(n, 1, 4.0);
      if (n > 2) {
        x[0] = T{800};
        x[1] = T{-800};
      }
      std::vector<T> out(n + 1, T{-7});
      Sigmoid(x.data(), n, out.data());
      for (std::size_t i = 0; i < n; ++i) {
        TestFixture::ExpectClose(out[i], 1 / (1 + std::exp(-static_cast<long double>(x[i]))), 0, n);
      }
      EXPECT_EQ(out[n], T{-7});
      if (n > 2) {
        EXPECT_EQ(out[0], T{1});
        EXPECT_GE(out[1], T{0});
      }
    }
    T nan = std::numeric_limits<T>::quiet_NaN();
    Sigmoid(&nan, 1, &nan);
    EXPECT_TRUE(std::isnan(nan));
  });
}

TYPED_TEST(VectorsTest, SoftmaxOfEachRow) {
  using T = TypeParam;
  OnEveryTarget([] {
    for (const std::size_t n : kRowLengths) {
      if (n == 0) continue;
      const std::size_t rows = 5;
      const auto logits = Draw<T>(rows * n, 9, 5.0), bias = Draw<T>(n, 10);
      const auto gumbel = Draw<T>(rows * n, 11);
      const T guard = static_cast<T>(1e-10), inverse = 4;
      auto p = logits;
      SoftmaxRows(bias.data(), rows, n, p.data());
      std::vector<T> z(rows * n);
      GumbelSoftmaxRows(p.data(), gumbel.data(), guard, inverse, rows, n, z.data());
      for (std::size_t r = 0; r < rows; ++r) {
        const auto softmax = [&](const std::vector<long double>& x, const T* values) {
          long double sum = 0;
          for (const long double v : x) sum += std::exp(v);
          for (std::size_t i = 0; i < n; ++i) {
            EXPECT_NEAR(static_cast<double>(values[i]), static_cast<double>(std::exp(x[i]) / sum),
                        200.0 * static_cast<double>(std::numeric_limits<T>::epsilon()));
          }
        };
        std::vector<long double> x(n), y(n);
        for (std::size_t i = 0; i < n; ++i) {
          x[i] = static_cast<long double>(logits[r * n + i]) + bias[i];
          y[i] = (std::log(static_cast<long double>(p[r * n + i]) + 1e-10L) + gumbel[r * n + i]) *
                 inverse;
        }
        softmax(x, p.data() + r * n);
        softmax(y, z.data() + r * n);
      }
    }
  });
}

TYPED_TEST(VectorsTest, WhatIsNoNumberIsNotHidden) {
  using T = TypeParam;
  OnEveryTarget([] {
    for (std::size_t at = 0; at < 20; ++at) {
      auto x = Draw<T>(20, 12);
      const std::vector<T> zero(20, T{0});
      x[at] = std::numeric_limits<T>::quiet_NaN();
      std::vector<T> out(20);
      ExpOfDifference(x.data(), zero.data(), 20, out.data());
      EXPECT_TRUE(std::isnan(out[at]));
      auto hidden = x;
      AddBiasRelu(zero.data(), 1, 20, hidden.data());
      EXPECT_TRUE(std::isnan(hidden[at]));
      SoftmaxRows(zero.data(), 1, 20, x.data());
      EXPECT_TRUE(std::isnan(x[at]));
    }
  });
}

TEST(Gumbel, IsTheDoubleLogarithm) {
  OnEveryTarget([] {
    std::vector<float> u = {0x1p-25f, 0x1p-24f, 0.1f, 0.5f, 0.9f, 1.0f - 0x1p-23f, 1.0f - 0x1p-24f};
    for (int i = 1; i < 200; ++i) u.push_back(static_cast<float>(i) / 200.0f);
    auto x = u;
    GumbelOfUniform(x.size(), x.data());
    for (std::size_t i = 0; i < u.size(); ++i) {
      const double expected = -std::log(-std::log(static_cast<double>(u[i])));
      EXPECT_NEAR(x[i], expected, 2e-6 * (1 + std::abs(expected))) << u[i];
    }
  });
}

// In long double and without any care for overflow, which its range forgives.
template <typename T>
long double DirectPlackettLuce(const std::vector<T>& order, const std::vector<T>& tail,
                               std::vector<long double>& order_gradient,
                               std::vector<long double>& tail_gradient) {
  long double loss = 0;
  order_gradient.assign(order.size(), 0);
  tail_gradient.assign(tail.size(), 0);
  for (std::size_t k = 0; k < order.size(); ++k) {
    long double below = 0;
    for (std::size_t i = k; i < order.size(); ++i) below += std::exp(1.0L * order[i]);
    for (const T t : tail) below += std::exp(1.0L * t);
    loss += std::log(below) - order[k];
    order_gradient[k] -= 1;
    for (std::size_t i = k; i < order.size(); ++i) {
      order_gradient[i] += std::exp(1.0L * order[i]) / below;
    }
    for (std::size_t j = 0; j < tail.size(); ++j) {
      tail_gradient[j] += std::exp(1.0L * tail[j]) / below;
    }
  }
  return loss;
}

TYPED_TEST(VectorsTest, PlackettLuceIsTheFormula) {
  using T = TypeParam;
  OnEveryTarget([] {
    for (const std::size_t count : {1, 2, 5, 16, 17, 40, 101}) {
      for (const std::size_t tail_count : {0, 1, 3, 16, 40, 200}) {
        for (const double scale : {0.0, 1.0, 30.0}) {
          const auto order = Draw<T>(count, 13, scale), tail = Draw<T>(tail_count, 14, scale);
          std::vector<T> order_gradient(count), tail_gradient(tail_count), work(4 * count);
          const double loss =
              PlackettLuce(order.data(), count, tail.data(), tail_count, T{2},
                           order_gradient.data(), tail_gradient.data(), work.data());
          std::vector<long double> of_order, of_tail;
          const long double expected = DirectPlackettLuce(order, tail, of_order, of_tail);
          const double unit = static_cast<double>(std::numeric_limits<T>::epsilon());
          EXPECT_NEAR(loss, static_cast<double>(expected),
                      30 * unit * (static_cast<double>(expected) + 1 + scale));
          const double allowed = 60 * unit * static_cast<double>(count);
          for (std::size_t k = 0; k < count; ++k) {
            EXPECT_NEAR(static_cast<double>(order_gradient[k]),
                        static_cast<double>(2 * of_order[k]), allowed);
          }
          for (std::size_t j = 0; j < tail_count; ++j) {
            EXPECT_NEAR(static_cast<double>(tail_gradient[j]), static_cast<double>(2 * of_tail[j]),
                        allowed);
          }
        }
      }
    }
  });
}

}  // namespace
}  // namespace derrd::kernels
