#include "derrd/models/truncated_svd.h"

#include <cblas.h>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <vector>

#include "derrd/core/error.h"

// LAPACK as OpenBLAS brings it along; matrices are column-major.
extern "C" {
void dgeqrf_(const int* rows, const int* cols, double* a, const int* leading, double* reflectors,
             double* work, const int* work_size, int* info);
void dorgqr_(const int* rows, const int* cols, const int* count, double* a, const int* leading,
             const double* reflectors, double* work, const int* work_size, int* info);
void dgesdd_(const char* job, const int* rows, const int* cols, double* a, const int* leading,
             double* values, double* left, const int* leading_left, double* right,
             const int* leading_right, double* work, const int* work_size, int* int_work, int* info,
             std::size_t job_length);
}

namespace derrd {
namespace {

// A column-major matrix of doubles. Extents are LAPACK's ints.
struct Columns {
  int rows, cols;
  AlignedVector<double> data;

  Columns(int r, int c)
      : rows(r), cols(c), data(static_cast<std::size_t>(r) * static_cast<std::size_t>(c)) {}
  int leading() const { return std::max(1, rows); }
  double& operator()(int r, int c) { return data[Position(r, c)]; }
  double operator()(int r, int c) const { return data[Position(r, c)]; }

 private:
  std::size_t Position(int r, int c) const {
    return static_cast<std::size_t>(c) * static_cast<std::size_t>(rows) +
           static_cast<std::size_t>(r);
  }
};

// Calls a LAPACK routine twice: for the size of its workspace, then with one.
template <typename Routine>
void WithWorkspace(std::string_view name, Routine routine) {
  const auto call = [&](double* work, int size) {
    const int info = routine(work, size);
    if (info != 0) {
      Fail("the truncated SVD did not succeed ({} reports {}); the tables may hold extreme values",
           name, info);
    }
  };
  double best = 0;
  call(&best, -1);
  std::vector<double> work(static_cast<std::size_t>(best));
  call(work.data(), static_cast<int>(work.size()));
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
  std::vector<double> reflectors(static_cast<std::size_t>(k));
  const int leading = table.leading();
  WithWorkspace("dgeqrf", [&](double* work, int size) {
    int info = 0;
    dgeqrf_(&table.rows, &table.cols, table.data.data(), &leading, reflectors.data(), work, &size,
            &info);
    return info;
  });
  Columns r(k, table.cols);
  for (int c = 0; c < r.cols; ++c) {
    for (int row = 0; row <= std::min(c, k - 1); ++row) r(row, c) = table(row, c);
  }
  WithWorkspace("dorgqr", [&](double* work, int size) {
    int info = 0;
    dorgqr_(&table.rows, &k, &k, table.data.data(), &leading, reflectors.data(), work, &size,
            &info);
    return info;
  });
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
  std::vector<int> int_work(8 * static_cast<std::size_t>(k));
  const int leading = matrix.leading();
  const int leading_left = result.left.leading();
  const int leading_right = result.right_transposed.leading();
  WithWorkspace("dgesdd", [&](double* work, int size) {
    int info = 0;
    dgesdd_("S", &matrix.rows, &matrix.cols, matrix.data.data(), &leading, result.values.data(),
            result.left.data.data(), &leading_left, result.right_transposed.data.data(),
            &leading_right, work, &size, int_work.data(), &info, 1);
    return info;
  });
  return result;
}

// a * b^T.
Columns TimesTransposed(const Columns& a, const Columns& b) {
  Columns product(a.rows, b.rows);
  cblas_dgemm(CblasColMajor, CblasNoTrans, CblasTrans, a.rows, b.rows, a.cols, 1.0, a.data.data(),
              a.leading(), b.data.data(), b.leading(), 0.0, product.data.data(), product.leading());
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
