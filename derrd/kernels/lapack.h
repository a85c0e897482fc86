// The few dense decompositions that are needed, by the LAPACK that comes with the BLAS. Matrices
// are column-major without gaps. Each runs on the calling thread alone. A return value other than 0
// is LAPACK's report that it failed.
#ifndef DERRD_KERNELS_LAPACK_H_
#define DERRD_KERNELS_LAPACK_H_

namespace derrd::kernels {

// a (rows x cols) = Q R. On return the first k = min(rows, cols) columns of a are Q, and r (k x
// cols) is R, zero below the diagonal. O(rows cols^2).
int QrInPlace(int rows, int cols, double* a, double* r);

// a (rows x cols) = left * diag(values) * right, with k = min(rows, cols) values, falling; left is
// rows x k and right is k x cols. Destroys a. O(rows cols k).
int Svd(int rows, int cols, double* a, double* values, double* left, double* right);

// Solves a x = b for a symmetric positive definite a (n x n, of which the lower triangle of columns
// is read), by Cholesky. b becomes x; destroys a. O(n^3).
int SolvePositiveDefinite(int n, double* a, double* b);

// c (m x n) = a (m x k) * b^T, with b n x k.
void MultiplyTransposed(int m, int n, int k, const double* a, const double* b, double* c);

}  // namespace derrd::kernels

#endif  // DERRD_KERNELS_LAPACK_H_
