// For tests: random rows, and comparisons of matrices.
#ifndef DERRD_LOSSES_TEST_ROWS_H_
#define DERRD_LOSSES_TEST_ROWS_H_

#include <cstdint>
#include <cstring>

#include "derrd/core/matrix.h"
#include "derrd/core/random.h"

namespace derrd {

// Standard normal numbers times `scale`.
template <typename T>
Matrix<T> RandomRows(std::size_t rows, std::size_t cols, std::uint64_t number, double scale = 1.0) {
  Matrix<T> matrix(rows, cols);
  RandomStream stream(6, Role::kTest, number, rows * 1000 + cols);
  for (T& x : matrix.view().elements()) x = static_cast<T>(scale * stream.Normal());
  return matrix;
}

template <typename T>
bool SameBits(const Matrix<T>& a, const Matrix<T>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0;
}

}  // namespace derrd

#endif  // DERRD_LOSSES_TEST_ROWS_H_
