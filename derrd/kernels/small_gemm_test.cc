#include "derrd/kernels/small_gemm.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "derrd/kernels/test_targets.h"

namespace derrd::kernels {
namespace {

template <typename T>
std::vector<T> DrawNormal(std::size_t n, unsigned seed) {
  std::mt19937 engine(seed);
  std::normal_distribution<T> normal;
  std::vector<T> x(n);
  for (T& value : x) value = normal(engine);
  return x;
}

// A product with rows that are further apart than they are long, in vectors that end where the
// operands end, so that a sanitizer sees every step too far.
template <typename T>
struct Product {
  Product(Op a, Op b, std::size_t rows, std::size_t columns, std::size_t depth)
      : a_op(a), b_op(b), m(rows), n(columns), k(depth) {
    const auto numbers = [](std::size_t r, std::size_t c, std::size_t stride) {
      return r == 0 ? 0 : (r - 1) * stride + c;
    };
    const bool a_rows = a_op == Op::kNone, b_rows = b_op == Op::kNone;
    a_stride = (a_rows ? k : m) + 3;
    b_stride = (b_rows ? n : k) + 1;
    c_stride = n + 2;
    left = DrawNormal<T>(numbers(a_rows ? m : k, a_rows ? k : m, a_stride), 1);
    right = DrawNormal<T>(numbers(b_rows ? k : n, b_rows ? n : k, b_stride), 2);
    before = DrawNormal<T>(numbers(m, n, c_stride), 3);
  }
  std::vector<T> Run(bool add) const {
    std::vector<T> c = before;
    SmallGemm(a_op, b_op, m, n, k, left.data(), a_stride, right.data(), b_stride, add, c.data(),
              c_stride);
    return c;
  }
  double Expected(std::size_t i, std::size_t j, bool add) const {
    double sum = add ? static_cast<double>(before[i * c_stride + j]) : 0.0;
    for (std::size_t p = 0; p < k; ++p) {
      sum += static_cast<double>(left[a_op == Op::kNone ? i * a_stride + p : p * a_stride + i]) *
             static_cast<double>(right[b_op == Op::kNone ? p * b_stride + j : j * b_stride + p]);
    }
    return sum;
  }
  void Check() const {
    const double tolerance =
        64 * static_cast<double>(std::numeric_limits<T>::epsilon()) * std::sqrt(k + 1.0);
    for (const bool add : {false, true}) {
      const std::vector<T> c = Run(add);
      for (std::size_t at = 0; at < c.size(); ++at) {
        const std::size_t i = at / c_stride, j = at % c_stride;
        if (j < n) {
          ASSERT_NEAR(c[at], Expected(i, j, add), tolerance) << m << " x " << n << " x " << k;
        } else {
          ASSERT_EQ(c[at], before[at]) << "between the rows";
        }
      }
    }
  }

  Op a_op, b_op;
  std::size_t m, n, k, a_stride, b_stride, c_stride;
  std::vector<T> left, right, before;
};

template <typename T>
void CheckShapes() {
  for (const Op a_op : {Op::kNone, Op::kTranspose}) {
    for (const Op b_op : {Op::kNone, Op::kTranspose}) {
      for (const std::size_t m : {0, 1, 2, 5, 12, 13, 23}) {
        for (const std::size_t n : {0, 1, 3, 8, 16, 17, 33, 64, 90}) {
          for (const std::size_t k : {0, 1, 6, 19}) Product<T>(a_op, b_op, m, n, k).Check();
        }
      }
      for (const std::size_t k : {255, 256, 257, 600}) Product<T>(a_op, b_op, 7, 50, k).Check();
      Product<T>(a_op, b_op, 61, 200, 110).Check();
    }
  }
}

TEST(SmallGemm, AgreesWithLoopsForEveryTransposeAndShape) {
  OnEveryTarget([] {
    CheckShapes<float>();
    CheckShapes<double>();
  });
}

TEST(SmallGemm, ARowsResultDoesNotDependOnTheRowsBesideIt) {
  OnEveryTarget([] {
    const Product<float> all(Op::kNone, Op::kTranspose, 29, 45, 300);
    const std::vector<float> expected = all.Run(false);
    for (std::size_t i = 0; i < all.m; ++i) {
      std::vector<float> row(all.n);
      SmallGemm(all.a_op, all.b_op, 1, all.n, all.k, all.left.data() + i * all.a_stride,
                all.a_stride, all.right.data(), all.b_stride, false, row.data(), all.n);
      for (std::size_t j = 0; j < all.n; ++j) EXPECT_EQ(row[j], expected[i * all.c_stride + j]);
    }
  });
}

TEST(SmallGemm, WhatIsNotANumberStaysSo) {
  OnEveryTarget([] {
    Product<float> product(Op::kNone, Op::kNone, 3, 20, 4);
    product.left[product.a_stride] = std::numeric_limits<float>::quiet_NaN();
    const std::vector<float> c = product.Run(false);
    EXPECT_TRUE(std::isfinite(c[0]));
    for (std::size_t j = 0; j < product.n; ++j) EXPECT_TRUE(std::isnan(c[product.c_stride + j]));
  });
}

}  // namespace
}  // namespace derrd::kernels
