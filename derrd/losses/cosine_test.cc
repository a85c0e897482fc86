#include "derrd/losses/cosine.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "derrd/losses/test_gradient.h"
#include "derrd/losses/test_rows.h"

namespace derrd {
namespace {

TEST(UnitRows, HaveLengthOneAndKeepTheirDirection) {
  for (const double scale : {1e-11, 1e-3, 1.0, 1e18}) {  // squares of the last overflow a float
    const Matrix<float> rows = RandomRows<float>(300, 7, 1, scale);
    UnitRows<float> unit;
    unit.Set(rows, Parallel(2));
    for (std::size_t r = 0; r < rows.rows(); ++r) {
      double length = 0.0, along = 0.0, whole = 0.0;
      for (std::size_t c = 0; c < rows.cols(); ++c) {
        const double u = unit.view()(r, c), x = rows(r, c);
        length += u * u;
        along += u * x;
        whole += x * x;
      }
      EXPECT_NEAR(length, 1.0, 1e-5);
      EXPECT_NEAR(along / std::sqrt(whole), 1.0, 1e-5);
    }
  }
}

TEST(UnitRows, OfRowsWithoutLengthAreZeroAndGetNoGradient) {
  Matrix<float> rows = RandomRows<float>(4, 5, 2);
  std::fill_n(rows.row(1), 5, 0.0f);
  std::fill_n(rows.row(2), 5, 1e-20f);
  UnitRows<float> unit;
  unit.Set(rows, Parallel(1));
  Matrix<float> gradient = RandomRows<float>(4, 5, 3);
  unit.Backward(gradient, Parallel(1));
  for (std::size_t c = 0; c < 5; ++c) {
    for (const std::size_t r : {1, 2}) {
      EXPECT_EQ(unit.view()(r, c), 0.0f);
      EXPECT_EQ(gradient(r, c), 0.0f);
    }
    EXPECT_NE(gradient(3, c), 0.0f);
  }
}

TEST(UnitRows, GradientsAreThoseOfFiniteDifferences) {
  for (const std::size_t width : {1, 2, 9}) {
    Matrix<double> rows = RandomRows<double>(5, width, 4);
    const Matrix<double> asked = RandomRows<double>(5, width, 5);  // d(loss)/d(unit rows)
    UnitRows<double> unit;
    const auto loss = [&] {
      unit.Set(rows, Parallel(1));
      double sum = 0.0;
      for (std::size_t i = 0; i < asked.size(); ++i) sum += asked.data()[i] * unit.view().data()[i];
      return sum;
    };
    loss();
    Matrix<double> gradient = asked;
    unit.Backward(gradient, Parallel(1));
    ExpectGradient(rows.view().elements(), gradient.view().elements(), loss, "rows");
  }
}

TEST(UnitRows, WhatIsNotFiniteIsNotHidden) {
  for (const float wrong : {std::nanf(""), std::numeric_limits<float>::infinity()}) {
    Matrix<float> rows = RandomRows<float>(2, 3, 6);
    rows(1, 2) = wrong;
    UnitRows<float> unit;
    unit.Set(rows, Parallel(1));
    EXPECT_TRUE(std::isfinite(unit.view()(0, 2)));
    EXPECT_FALSE(std::isfinite(unit.view()(1, 2)));
  }
}

}  // namespace
}  // namespace derrd
