#include "derrd/losses/cosine.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "derrd/kernels/gemm.h"
#include "derrd/kernels/vectors.h"

namespace derrd {
namespace {

using kernels::Gemm;
using kernels::Op;

constexpr std::size_t kScaleGrain = 128;  // rows a task scales
constexpr std::size_t kTile = 512;        // columns of a tile

// Scales the row and returns 1 / its length, or clears it and returns 0. The largest element is
// taken out first, so that no square overflows or vanishes. What is not a number makes the row so.
template <typename T>
T ScaleToUnit(std::size_t n, T* row) {
  T largest = 0;
  for (std::size_t i = 0; i < n; ++i) largest = std::max(largest, std::abs(row[i]));
  if (largest > 0) {
    for (std::size_t i = 0; i < n; ++i) row[i] /= largest;
  }
  const T length = std::sqrt(kernels::Dot(row, row, n));
  const double whole = static_cast<double>(largest) * static_cast<double>(length);
  if (whole < UnitRows<T>::kLeastLength) {
    std::fill_n(row, n, T{0});
    return 0;
  }
  kernels::Scale(1 / length, n, row);
  return static_cast<T>(1 / whole);
}

// table = a b^T, row-major without gaps.
template <typename T>
void Similarities(MatrixView<const T> a, MatrixView<const T> b, Matrix<T>& table) {
  table.Reshape(a.rows(), b.rows());
  Gemm(Op::kNone, Op::kTranspose, a.rows(), b.rows(), a.cols(), T{1}, a.data(), a.cols(), b.data(),
       b.cols(), T{0}, table.data(), table.cols());
}

// student -= teacher, and 0 where the pair is not compared. Returns the sum of squares.
template <typename T>
double Subtract(const Matrix<T>& teacher, Compared compared, Matrix<T>& student) {
  double sum = 0.0;
  for (std::size_t r = 0; r < student.rows(); ++r) {
    const T* t = teacher.row(r);
    T* s = student.row(r);
    for (std::size_t c = 0; c < student.cols(); ++c) {
      const bool left_out = compared == Compared::kPositive && t[c] <= 0;
      s[c] = left_out ? T{0} : s[c] - t[c];
    }
    sum += static_cast<double>(kernels::Dot(s, s, student.cols()));
  }
  return sum;
}

}  // namespace

template <typename T>
void UnitRows<T>::Set(MatrixView<const T> rows, const Parallel& parallel) {
  unit_.Reshape(rows.rows(), rows.cols());
  inverse_length_.resize(rows.rows());
  parallel.ForRanges(rows.rows(), kScaleGrain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t r = begin; r < end; ++r) {
      std::copy_n(rows.row(r), rows.cols(), unit_.row(r));
      inverse_length_[r] = ScaleToUnit(rows.cols(), unit_.row(r));
    }
  });
}

template <typename T>
void UnitRows<T>::Backward(MatrixView<T> gradient, const Parallel& parallel) const {
  assert(gradient.rows() == unit_.rows() && gradient.cols() == unit_.cols());
  parallel.ForRanges(gradient.rows(), kScaleGrain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t r = begin; r < end; ++r) {
      T* g = gradient.row(r);
      const T along = kernels::Dot(g, unit_.row(r), gradient.cols());
      kernels::AddScaled(-along, unit_.row(r), gradient.cols(), g);
      kernels::Scale(inverse_length_[r], gradient.cols(), g);
    }
  });
}

template <typename T>
double AddSimilarityGap(const UnitPair<T>& a, const UnitPair<T>& b, Compared compared, T scale,
                        MatrixView<T> gradient, SimilarityTiles<T>& tiles) {
  const std::size_t width = a.student.cols();
  double sum = 0.0;
  for (std::size_t begin = 0; begin < b.student.rows(); begin += kTile) {
    const UnitPair<T> tile = b.Rows(begin, std::min(begin + kTile, b.student.rows()));
    Similarities(a.student, tile.student, tiles.student);
    Similarities(a.teacher, tile.teacher, tiles.teacher);
    sum += Subtract(tiles.teacher, compared, tiles.student);
    Gemm(Op::kNone, Op::kNone, a.student.rows(), width, tile.student.rows(), scale,
         tiles.student.data(), tiles.student.cols(), tile.student.data(), width, T{1},
         gradient.data(), width);
  }
  return sum;
}

template class UnitRows<float>;
template class UnitRows<double>;
template double AddSimilarityGap(const UnitPair<float>&, const UnitPair<float>&, Compared, float,
                                 MatrixView<float>, SimilarityTiles<float>&);
template double AddSimilarityGap(const UnitPair<double>&, const UnitPair<double>&, Compared, double,
                                 MatrixView<double>, SimilarityTiles<double>&);

}  // namespace derrd
