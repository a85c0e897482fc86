// Dense matrix products: the one door to the BLAS behind it.
#ifndef DERRD_KERNELS_GEMM_H_
#define DERRD_KERNELS_GEMM_H_

#include <cstddef>

namespace derrd::kernels {

enum class Op { kNone, kTranspose };

// C = alpha op(A) op(B) + beta C, all row-major; op(A) is m x k, op(B) is k x n, C is m x n, and
// a_stride, b_stride, c_stride are the distances between rows as they lie in memory. Runs on the
// calling thread alone, so that the order of every sum is fixed.
void Gemm(Op a_op, Op b_op, std::size_t m, std::size_t n, std::size_t k, float alpha,
          const float* a, std::size_t a_stride, const float* b, std::size_t b_stride, float beta,
          float* c, std::size_t c_stride);
void Gemm(Op a_op, Op b_op, std::size_t m, std::size_t n, std::size_t k, double alpha,
          const double* a, std::size_t a_stride, const double* b, std::size_t b_stride, double beta,
          double* c, std::size_t c_stride);

}  // namespace derrd::kernels

#endif  // DERRD_KERNELS_GEMM_H_
