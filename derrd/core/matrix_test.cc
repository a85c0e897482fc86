#include "derrd/core/matrix.h"

#include <gtest/gtest.h>

#include <numeric>

namespace derrd {
namespace {

bool IsAligned(const void* address) { return reinterpret_cast<std::uintptr_t>(address) % 64 == 0; }

TEST(MatrixTest, StartsAsZeroAndAligned) {
  for (const std::size_t cols : {1u, 3u, 16u, 17u}) {
    const Matrix<float> matrix(5, cols);
    EXPECT_EQ(matrix.rows(), 5u);
    EXPECT_EQ(matrix.cols(), cols);
    EXPECT_EQ(matrix.size(), 5 * cols);
    EXPECT_TRUE(IsAligned(matrix.data()));
    for (const float x : matrix.view().elements()) EXPECT_EQ(x, 0.0f);
  }
}

TEST(MatrixTest, MayBeEmpty) {
  for (const auto& matrix : {Matrix<double>(), Matrix<double>(0, 7), Matrix<double>(7, 0)}) {
    EXPECT_EQ(matrix.size(), 0u);
    EXPECT_TRUE(matrix.view().elements().empty());
  }
  EXPECT_EQ(Matrix<double>(0, 7).cols(), 7u);
  EXPECT_EQ(Matrix<double>(7, 0).rows(), 7u);
}

TEST(MatrixTest, RowsLieOneAfterTheOther) {
  Matrix<int> matrix(3, 4);
  std::iota(matrix.data(), matrix.data() + matrix.size(), 0);
  EXPECT_EQ(matrix(0, 3), 3);
  EXPECT_EQ(matrix(2, 1), 9);
  EXPECT_EQ(matrix.row(1), matrix.data() + 4);

  const MatrixView<const int> last = matrix.view().Rows(1, 3);
  EXPECT_EQ(last.rows(), 2u);
  EXPECT_EQ(last.cols(), 4u);
  EXPECT_EQ(last(0, 0), 4);
  EXPECT_EQ(last.elements().back(), 11);
  EXPECT_EQ(matrix.view().Rows(3, 3).size(), 0u);
}

TEST(MatrixTest, WritingThroughAViewChangesTheMatrix) {
  Matrix<float> matrix(2, 2);
  const MatrixView<float> view = matrix;
  view(1, 0) = 5;
  EXPECT_EQ(matrix(1, 0), 5.0f);
  const MatrixView<const float> constant = view;
  EXPECT_EQ(constant.data(), matrix.data());
}

TEST(MatrixTest, CopiesOwnTheirElements) {
  Matrix<float> matrix(2, 3);
  Matrix<float> copy = matrix;
  copy(0, 0) = 1;
  EXPECT_EQ(matrix(0, 0), 0.0f);
  EXPECT_NE(copy.data(), matrix.data());
}

TEST(MatrixTest, ReshapeAllocatesOnlyWhileItGrows) {
  Matrix<float> matrix(10, 8);
  const float* before = matrix.data();
  matrix.Reshape(3, 5);
  EXPECT_EQ(matrix.size(), 15u);
  EXPECT_EQ(matrix.data(), before);
  matrix.Reshape(8, 10);
  EXPECT_EQ(matrix.data(), before);
  matrix.Reshape(100, 100);
  EXPECT_EQ(matrix.rows(), 100u);
  EXPECT_TRUE(IsAligned(matrix.data()));
}

TEST(MatrixTest, SetZeroClearsWhatTheShapeHolds) {
  Matrix<float> matrix(2, 2);
  matrix(1, 1) = 3;
  matrix.SetZero();
  for (const float x : matrix.view().elements()) EXPECT_EQ(x, 0.0f);
}

}  // namespace
}  // namespace derrd
