#include "derrd/kernels/lapack.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "derrd/kernels/blas_threads.h"
#include "derrd/kernels/gemm.h"

extern "C" {
void dgeqrf_(const int* rows, const int* cols, double* a, const int* leading, double* reflectors,
             double* work, const int* work_size, int* info);
void dorgqr_(const int* rows, const int* cols, const int* count, double* a, const int* leading,
             const double* reflectors, double* work, const int* work_size, int* info);
void dgesdd_(const char* job, const int* rows, const int* cols, double* a, const int* leading,
             double* values, double* left, const int* leading_left, double* right,
             const int* leading_right, double* work, const int* work_size, int* int_work, int* info,
             std::size_t job_length);
void dposv_(const char* triangle, const int* n, const int* right_sides, double* a,
            const int* leading, double* b, const int* leading_b, int* info,
            std::size_t triangle_length);
}

namespace derrd::kernels {
namespace {

std::size_t Size(int n) { return static_cast<std::size_t>(n); }

// Calls a routine twice: for the size of its workspace, then with one.
template <typename Routine>
int WithWorkspace(const Routine& routine) {
  UseCallingThread();
  double best = 0;
  const int query = -1;
  int info = 0;
  routine(&best, &query, &info);
  if (info != 0) return info;
  std::vector<double> work(static_cast<std::size_t>(best));
  const int size = static_cast<int>(work.size());
  routine(work.data(), &size, &info);
  return info;
}

}  // namespace

int QrInPlace(int rows, int cols, double* a, double* r) {
  const int k = std::min(rows, cols);
  const int leading = std::max(1, rows);
  std::vector<double> reflectors(Size(k));
  const int info = WithWorkspace([&](double* work, const int* size, int* status) {
    dgeqrf_(&rows, &cols, a, &leading, reflectors.data(), work, size, status);
  });
  if (info != 0) return info;
  for (int c = 0; c < cols; ++c) {
    for (int row = 0; row < k; ++row) {
      r[Size(c) * Size(k) + Size(row)] = row <= c ? a[Size(c) * Size(rows) + Size(row)] : 0.0;
    }
  }
  return WithWorkspace([&](double* work, const int* size, int* status) {
    dorgqr_(&rows, &k, &k, a, &leading, reflectors.data(), work, size, status);
  });
}

int Svd(int rows, int cols, double* a, double* values, double* left, double* right) {
  const int k = std::min(rows, cols);
  const int leading = std::max(1, rows);
  const int leading_right = std::max(1, k);
  std::vector<int> int_work(8 * Size(k));
  return WithWorkspace([&](double* work, const int* size, int* status) {
    dgesdd_("S", &rows, &cols, a, &leading, values, left, &leading, right, &leading_right, work,
            size, int_work.data(), status, 1);
  });
}

int SolvePositiveDefinite(int n, double* a, double* b) {
  UseCallingThread();
  const int one = 1, leading = std::max(1, n);
  int info = 0;
  dposv_("L", &n, &one, a, &leading, b, &leading, &info, 1);
  return info;
}

// Column-major a, b and c are row-major a^T, b^T and c^T: c^T = b a^T.
void MultiplyTransposed(int m, int n, int k, const double* a, const double* b, double* c) {
  Gemm(Op::kTranspose, Op::kNone, Size(n), Size(m), Size(k), 1.0, b, Size(std::max(1, n)), a,
       Size(std::max(1, m)), 0.0, c, Size(std::max(1, m)));
}

}  // namespace derrd::kernels
