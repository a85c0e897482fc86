// Matrix products of few rows: what an expert does with the dozens of rows that it is given. A BLAS
// copies both operands into its own layout first, which pays for itself over many rows only; this
// reads them where they lie and keeps the output in registers.
#ifndef DERRD_KERNELS_SMALL_GEMM_H_
#define DERRD_KERNELS_SMALL_GEMM_H_

#include <cstddef>

#include "derrd/kernels/gemm.h"

namespace derrd::kernels {

// C = op(A) op(B), or += when `add`; shapes and strides as those of Gemm. C may not overlap A or
// B. Every element is one sum over k in order (that begins with C's when `add`), whatever m and n
// are, so a row's result does not depend on which rows are beside it. Best while op(B) fits the
// second-level cache; any size is right. Runs on the calling thread.
void SmallGemm(Op a_op, Op b_op, std::size_t m, std::size_t n, std::size_t k, const float* a,
               std::size_t a_stride, const float* b, std::size_t b_stride, bool add, float* c,
               std::size_t c_stride);
void SmallGemm(Op a_op, Op b_op, std::size_t m, std::size_t n, std::size_t k, const double* a,
               std::size_t a_stride, const double* b, std::size_t b_stride, bool add, double* c,
               std::size_t c_stride);

}  // namespace derrd::kernels

#endif  // DERRD_KERNELS_SMALL_GEMM_H_
