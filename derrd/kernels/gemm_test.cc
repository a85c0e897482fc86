#include "derrd/kernels/gemm.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <thread>
#include <vector>

namespace derrd::kernels {
namespace {

template <typename T>
std::vector<T> Fill(std::size_t n, std::size_t salt) {
  std::vector<T> x(n);
  for (std::size_t i = 0; i < n; ++i)
    x[i] = static_cast<T>((i * 7919 + salt * 104729) % 1000) / 500 - 1;
  return x;
}

template <typename T>
void CheckAgainstLoops(double tolerance) {
  for (const auto a_op : {Op::kNone, Op::kTranspose}) {
    for (const auto b_op : {Op::kNone, Op::kTranspose}) {
      const std::size_t m = 5, n = 7, k = 11, extra = 3;
      const std::size_t a_stride = (a_op == Op::kNone ? k : m) + extra;
      const std::size_t b_stride = (b_op == Op::kNone ? n : k) + extra;
      const auto a = Fill<T>(20 * a_stride, 1), b = Fill<T>(20 * b_stride, 2);
      auto c = Fill<T>(m * (n + extra), 3);
      const auto before = c;
      Gemm(a_op, b_op, m, n, k, T{2}, a.data(), a_stride, b.data(), b_stride, T{0.5}, c.data(),
           n + extra);
      for (std::size_t i = 0; i < m; ++i) {
        for (std::size_t j = 0; j < n + extra; ++j) {
          const std::size_t at = i * (n + extra) + j;
          double expected = before[at];
          if (j < n) {
            expected *= 0.5;
            for (std::size_t p = 0; p < k; ++p) {
              expected += 2.0 * a[a_op == Op::kNone ? i * a_stride + p : p * a_stride + i] *
                          b[b_op == Op::kNone ? p * b_stride + j : j * b_stride + p];
            }
          }
          EXPECT_NEAR(c[at], expected, tolerance);
        }
      }
    }
  }
}

TEST(Gemm, AgreesWithLoopsForEveryTransposeAndStride) {
  CheckAgainstLoops<float>(1e-4);
  CheckAgainstLoops<double>(1e-12);
}

// A BLAS that hands two concurrent callers the same work buffer fails this in most runs.
TEST(Gemm, ConcurrentCallersGetTheSameBits) {
  const std::size_t m = 50, n = 200, k = 110;
  const auto a = Fill<float>(m * k, 1), b = Fill<float>(k * n, 2);
  std::vector<float> expected(m * n);
  const auto multiply = [&](std::vector<float>& c) {
    Gemm(Op::kNone, Op::kNone, m, n, k, 1.0f, a.data(), k, b.data(), n, 0.0f, c.data(), n);
  };
  multiply(expected);
  std::atomic<int> different = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      std::vector<float> c(m * n);
      for (int i = 0; i < 3000; ++i) {
        multiply(c);
        different += std::memcmp(c.data(), expected.data(), c.size() * sizeof(float)) != 0;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(different, 0);
}

}  // namespace
}  // namespace derrd::kernels
