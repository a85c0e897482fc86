#include "derrd/models/truncated_svd.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <vector>

#include "derrd/core/error.h"
#include "derrd/kernels/lapack.h"

namespace derrd {
namespace {

// A column-major matrix of doubles. Extents are LAPACK's ints.
struct Columns {
  int rows, cols;
  AlignedVector<double> data;

  Columns(int r, int c)
      : rows(r), cols(c), data(static_cast<std::size_t>(r) * static_cast<std::size_t>(c), 0.0) {}
  double& operator()(int r, int c) { return data[Position(r, c)]; }
  double operator()(int r, int c) const { return data[Position(r, c)]; }

 private:
  std::size_t Position(int r, int c) const {
    return static_cast<std::size_t>(c) * static_cast<std::size_t>(rows) +
           static_cast<std::size_t>(r);
  }
};

void CheckDone(std::string_view what, int info) {
  if (info != 0) {
    Fail("the truncated SVD did not succeed ({} reports {}); the tables may hold extreme values",
         what, info);
  }
}

Columns ToColumns(MatrixView<const float> table, std::string_view side) {
  Columns result(static_cast<int>(table.rows()), static_cast<int>(table.cols()));
  for (int r = 0; r < result.rows; ++r) {
    const float* row = table.row(static_cast<std::size_t>(r));
    for (int c = 0; c < result.cols; ++c) {
      if (!std::isfinite(row[c])) {
        Fail("the {} table holds {} in row {}, so it cannot be truncated; train the model again",
             side, row[c], r);
      }
      result(r, c) = row[c];
    }
  }
  return result;
}

struct Triangle {
  Columns q;  // rows x k, orthonormal columns, k = min(rows, cols)
  Columns r;  // k x cols, zero below the diagonal
};

// table = q * r.
Triangle QrOf(Columns table) {
  const int k = std::min(table.rows, table.cols);
  Columns r(k, table.cols);
  CheckDone("QR", kernels::QrInPlace(table.rows, table.cols, table.data.data(), r.data.data()));
  table.cols = k;
  return {std::move(table), std::move(r)};
}

struct Singular {
  Columns left;                // rows x k
  std::vector<double> values;  // k, falling
  Columns right_transposed;    // k x cols
};

// matrix = left * diag(values) * right_transposed.
Singular SvdOf(Columns matrix) {
  const int k = std::min(matrix.rows, matrix.cols);
  Singular result{Columns(matrix.rows, k), std::vector<double>(static_cast<std::size_t>(k)),
                  Columns(k, matrix.cols)};
  CheckDone("SVD", kernels::Svd(matrix.rows, matrix.cols, matrix.data.data(), result.values.data(),
                                result.left.data.data(), result.right_transposed.data.data()));
  return result;
}

// a * b^T.
Columns TimesTransposed(const Columns& a, const Columns& b) {
  Columns product(a.rows, b.rows);
  kernels::MultiplyTransposed(a.rows, b.rows, a.cols, a.data.data(), b.data.data(),
                              product.data.data());
  return product;
}

// How many singular values are more than rounding.
int RankOf(const std::vector<double>& values, std::size_t largest_extent) {
  const double noise = values[0] * 0x1p-52 * static_cast<double>(largest_extent);
  const auto end = std::ranges::find_if(values, [&](double value) { return value <= noise; });
  return static_cast<int>(end - values.begin());
}

// q * directions^T, as the first columns of a table of `width` columns.
Matrix<float> TableOf(const Columns& q, const Columns& directions, std::size_t width) {
  const Columns product = TimesTransposed(q, directions);
  Matrix<float> table(static_cast<std::size_t>(q.rows), width);
  for (int c = 0; c < product.cols; ++c) {
    for (int r = 0; r < product.rows; ++r) {
      table(static_cast<std::size_t>(r), static_cast<std::size_t>(c)) =
          static_cast<float>(product(r, c));
    }
  }
  return table;
}

// A column and its partner on the other side may change sign together; this settles which.
void SettleSigns(Factors& factors) {
  for (std::size_t c = 0; c < factors.item.cols(); ++c) {
    float largest = 0;
    for (std::size_t r = 0; r < factors.item.rows(); ++r) {
      if (std::abs(factors.item(r, c)) > std::abs(largest)) largest = factors.item(r, c);
    }
    if (largest >= 0) continue;
    for (auto* table : {&factors.user, &factors.item}) {
      for (std::size_t r = 0; r < table->rows(); ++r) (*table)(r, c) = -(*table)(r, c);
    }
  }
}

}  // namespace

Factors TruncateFactors(MatrixView<const float> user, MatrixView<const float> item,
                        std::size_t width) {
  if (width == 0) Fail<UsageError>("a width of 0 keeps nothing; give a width of at least 1");
  if (user.cols() != item.cols()) {
    Fail("the user table has {} columns and the item table {}, so their products are no scores",
         user.cols(), item.cols());
  }
  if (user.size() == 0 || item.size() == 0) {
    return {Matrix<float>(user.rows(), width), Matrix<float>(item.rows(), width)};
  }
  const Triangle users = QrOf(ToColumns(user, "user"));
  const Triangle items = QrOf(ToColumns(item, "item"));
  const Singular core = SvdOf(TimesTransposed(users.r, items.r));

  const int rank = RankOf(core.values, std::max(user.rows(), item.rows()));
  const int kept = static_cast<int>(std::min(width, static_cast<std::size_t>(rank)));
  Columns left(kept, core.left.rows), right(kept, core.right_transposed.cols);
  for (int k = 0; k < kept; ++k) {
    const double root = std::sqrt(core.values[static_cast<std::size_t>(k)]);
    for (int c = 0; c < left.cols; ++c) left(k, c) = root * core.left(c, k);
    for (int c = 0; c < right.cols; ++c) right(k, c) = root * core.right_transposed(k, c);
  }
  Factors factors{TableOf(users.q, left, width), TableOf(items.q, right, width)};
  SettleSigns(factors);
  return factors;
}

}  // namespace derrd
