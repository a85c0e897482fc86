#include "derrd/kernels/rows.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "derrd/kernels/test_targets.h"

namespace derrd::kernels {
namespace {

const std::vector<std::size_t> kWidths = {1, 2, 3, 7, 8, 15, 16, 17, 20, 31, 33, 64, 100, 200, 257};

// Numbers that start at an address no vector would choose, in a vector that ends where they end, so
// that a sanitizer sees every step too far.
std::vector<float> Draw(std::size_t n, unsigned seed) {
  std::mt19937 engine(seed);
  std::normal_distribution<float> normal;
  std::vector<float> x(n);
  for (float& value : x) value = normal(engine);
  return x;
}

double DotReference(const float* a, const float* b, std::size_t n) {
  double sum = 0.0;
  for (std::size_t i = 0; i < n; ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return sum;
}

TEST(Rows, DotsOfGatheredAndOfAllRows) {
  OnEveryTarget([] {
    for (const std::size_t width : kWidths) {
      const std::size_t rows = 29;
      const std::vector<float> query = Draw(width, 3), table = Draw(rows * width, 4);
      for (const std::size_t count : {0, 1, 2, 3, 4, 5, 21}) {
        std::vector<std::int32_t> chosen(count);
        for (std::size_t i = 0; i < count; ++i)
          chosen[i] = static_cast<std::int32_t>(i * 11 % rows);
        std::vector<float> copied(count * width + 1, -7.0f);
        GatherRows(table.data(), width, chosen.data(), count, copied.data());
        for (std::size_t i = 0; i < count * width; ++i) {
          const std::size_t row = static_cast<std::size_t>(chosen[i / width]);
          EXPECT_EQ(copied[i], table[row * width + i % width]);
        }
        EXPECT_EQ(copied[count * width], -7.0f);
        std::vector<float> gathered(count + 1, -7.0f), all(count + 1, -7.0f);
        GatherDots(query.data(), table.data(), width, chosen.data(), count, gathered.data());
        Dots(query.data(), table.data(), width, count, all.data());
        for (std::size_t i = 0; i < count; ++i) {
          const float* row = table.data() + static_cast<std::size_t>(chosen[i]) * width;
          EXPECT_NEAR(gathered[i], DotReference(query.data(), row, width), 1e-4);
          EXPECT_NEAR(all[i], DotReference(query.data(), table.data() + i * width, width), 1e-4);
        }
        EXPECT_EQ(gathered[count], -7.0f);
        EXPECT_EQ(all[count], -7.0f);
      }
    }
  });
}

TEST(Rows, DotsOfPairs) {
  OnEveryTarget([] {
    for (const std::size_t width : kWidths) {
      const std::size_t rows = 23;
      const std::vector<float> a = Draw(rows * width, 8), b = Draw(rows * width, 9);
      for (const std::size_t count : {0, 1, 2, 40}) {
        std::vector<std::int32_t> of_a(count), of_b(count);
        for (std::size_t i = 0; i < count; ++i) {
          of_a[i] = static_cast<std::int32_t>(i * 7 % rows);
          of_b[i] = static_cast<std::int32_t>((i * 5 + 22) % rows);
        }
        std::vector<float> out(count + 1, -7.0f);
        PairDots(a.data(), of_a.data(), b.data(), of_b.data(), width, count, out.data());
        for (std::size_t i = 0; i < count; ++i) {
          const float* row_a = a.data() + static_cast<std::size_t>(of_a[i]) * width;
          const float* row_b = b.data() + static_cast<std::size_t>(of_b[i]) * width;
          EXPECT_NEAR(out[i], DotReference(row_a, row_b, width), 1e-4);
        }
        EXPECT_EQ(out[count], -7.0f);
      }
    }
  });
}

TEST(Rows, WeightedRowsAreAdded) {
  OnEveryTarget([] {
    for (const std::size_t width : kWidths) {
      const std::size_t rows = 13, stride = width + 3;
      const std::vector<float> table = Draw(rows * stride, 5), start = Draw(width + 1, 6);
      for (const std::size_t count : {0, 1, 7, 40}) {
        const std::vector<float> weights = Draw(count, 7);
        std::vector<std::int32_t> chosen(count);
        for (std::size_t i = 0; i < count; ++i) chosen[i] = static_cast<std::int32_t>(i * 5 % rows);
        std::vector<float> sum = start;
        AddWeightedRows(weights.data(), chosen.data(), count, table.data(), stride, width,
                        sum.data());
        for (std::size_t c = 0; c < width; ++c) {
          double expected = start[c];
          for (std::size_t i = 0; i < count; ++i) {
            expected +=
                static_cast<double>(weights[i]) *
                static_cast<double>(table[static_cast<std::size_t>(chosen[i]) * stride + c]);
          }
          EXPECT_NEAR(sum[c], expected, 1e-4);
        }
        EXPECT_EQ(sum[width], start[width]);
      }
    }
  });
}

TEST(Rows, WeightedListsAreSummed) {
  OnEveryTarget([] {
    for (const std::size_t width : kWidths) {
      const std::size_t rows = 13;
      const std::vector<float> table = Draw(rows * width, 8);
      const std::vector<std::int64_t> begins{2, 3, 3, 44, 46, 60};  // an empty one, and a long one
      const auto pairs = static_cast<std::size_t>(begins.back());
      const std::vector<float> weights = Draw(pairs, 9);
      std::vector<std::int32_t> chosen(pairs);
      for (std::size_t i = 0; i < pairs; ++i) chosen[i] = static_cast<std::int32_t>(i * 5 % rows);
      const std::size_t lists = begins.size() - 1;
      std::vector<float> out(lists * width + 1, -7.0f);
      SumWeightedLists(weights.data(), chosen.data(), begins.data(), lists, table.data(), width,
                       out.data());
      for (std::size_t l = 0; l < lists; ++l) {
        for (std::size_t c = 0; c < width; ++c) {
          double expected = 0.0;
          for (auto i = static_cast<std::size_t>(begins[l]);
               i < static_cast<std::size_t>(begins[l + 1]); ++i) {
            expected += static_cast<double>(weights[i]) *
                        static_cast<double>(table[static_cast<std::size_t>(chosen[i]) * width + c]);
          }
          EXPECT_NEAR(out[l * width + c], expected, 1e-4);
        }
      }
      EXPECT_EQ(out[lists * width], -7.0f);
    }
  });
}

}  // namespace
}  // namespace derrd::kernels
