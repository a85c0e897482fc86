#include "derrd/models/int8_rows.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

namespace derrd {
namespace {

TEST(QuantiseRowsTest, EveryNumberIsWithinHalfAScale) {
  std::mt19937 draw(1);
  std::normal_distribution<float> normal;
  Matrix<float> rows(50, 13);
  for (std::size_t r = 0; r < rows.rows(); ++r) {
    const float size = std::pow(10.0f, static_cast<float>(r % 30) - 15.0f);
    for (std::size_t c = 0; c < rows.cols(); ++c) rows(r, c) = size * normal(draw);
  }
  const Int8Rows coded = QuantiseRows(rows);
  const Matrix<float> restored = RestoreRows(coded);
  for (std::size_t r = 0; r < rows.rows(); ++r) {
    int most = 0;
    for (std::size_t c = 0; c < rows.cols(); ++c) {
      const double back = double{coded.scales[r]} * coded.values(r, c);
      EXPECT_LE(std::abs(rows(r, c) - back), 0.50001 * coded.scales[r]) << r << " " << c;
      EXPECT_EQ(restored(r, c), static_cast<float>(back));
      most = std::max(most, std::abs(int{coded.values(r, c)}));
    }
    EXPECT_EQ(most, 127);
  }
}

TEST(QuantiseRowsTest, ExtremesStayInRange) {
  constexpr float kLargest = std::numeric_limits<float>::max();
  constexpr float kSmallest = std::numeric_limits<float>::denorm_min();
  Matrix<float> rows(4, 2);
  rows(1, 0) = kLargest;
  rows(1, 1) = -kLargest;
  rows(2, 0) = kSmallest;
  rows(3, 0) = 100 * kSmallest;
  rows(3, 1) = -100 * kSmallest;
  const Int8Rows coded = QuantiseRows(rows);
  EXPECT_EQ(coded.scales[0], 0.0f);
  EXPECT_EQ(coded.values(0, 0), 0);
  EXPECT_EQ(coded.values(1, 0), 127);
  EXPECT_EQ(coded.values(1, 1), -127);
  EXPECT_EQ(coded.scales[2], 0.0f);
  EXPECT_EQ(coded.values(2, 0), 0);
  EXPECT_GE(coded.values(3, 1), -127);
  EXPECT_EQ(coded.values(3, 1), -coded.values(3, 0));
}

}  // namespace
}  // namespace derrd
