#include "derrd/kernels/gemm.h"

#include <cblas.h>

#include "derrd/kernels/blas_threads.h"

// Exported by OpenBLAS's builds with threads and declared in none of its headers.
extern "C" int blas_thread_shutdown_(void);

namespace derrd::kernels {
namespace {

CBLAS_TRANSPOSE Transpose(Op op) { return op == Op::kNone ? CblasNoTrans : CblasTrans; }
blasint Int(std::size_t n) { return static_cast<blasint>(n); }

}  // namespace

void UseCallingThread() {
  [[maybe_unused]] static const bool done =
      (openblas_set_num_threads(1), blas_thread_shutdown_(), true);
}

void Gemm(Op a_op, Op b_op, std::size_t m, std::size_t n, std::size_t k, float alpha,
          const float* a, std::size_t a_stride, const float* b, std::size_t b_stride, float beta,
          float* c, std::size_t c_stride) {
  UseCallingThread();
  cblas_sgemm(CblasRowMajor, Transpose(a_op), Transpose(b_op), Int(m), Int(n), Int(k), alpha, a,
              Int(a_stride), b, Int(b_stride), beta, c, Int(c_stride));
}

void Gemm(Op a_op, Op b_op, std::size_t m, std::size_t n, std::size_t k, double alpha,
          const double* a, std::size_t a_stride, const double* b, std::size_t b_stride, double beta,
          double* c, std::size_t c_stride) {
  UseCallingThread();
  cblas_dgemm(CblasRowMajor, Transpose(a_op), Transpose(b_op), Int(m), Int(n), Int(k), alpha, a,
              Int(a_stride), b, Int(b_stride), beta, c, Int(c_stride));
}

}  // namespace derrd::kernels
