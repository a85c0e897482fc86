// Exponentials, logarithms and what is made of them, in single and double precision. Errors are a
// few units in the last place; a NaN in gives a NaN out, so that a broken number is never hidden.
// Pointers need not be aligned; an output may be the same array as an input. O(n).
#ifndef DERRD_KERNELS_EXP_LOG_H_
#define DERRD_KERNELS_EXP_LOG_H_

#include <cstddef>

namespace derrd::kernels {

// out[i] = exp(a[i] - b[i]); the difference is at most 88 (single) or 709 (double).
void ExpOfDifference(const float* a, const float* b, std::size_t n, float* out);
void ExpOfDifference(const double* a, const double* b, std::size_t n, double* out);
// out[i] = exp(a[i] - b)
void ExpOfDifference(const float* a, float b, std::size_t n, float* out);
void ExpOfDifference(const double* a, double b, std::size_t n, double* out);

// out[i] = 1 / (1 + exp(-x[i])), for any finite x[i].
void Sigmoid(const float* x, std::size_t n, float* out);
void Sigmoid(const double* x, std::size_t n, double* out);

// Each row of x (rows x n): x = softmax(x + bias).
void SoftmaxRows(const float* bias, std::size_t rows, std::size_t n, float* x);
void SoftmaxRows(const double* bias, std::size_t rows, std::size_t n, double* x);

// The Gumbel-softmax of probabilities p (rows x n) with noise g (rows x n), each row of out:
// softmax((log(p + guard) + g) * inverse_temperature). guard > 0.
void GumbelSoftmaxRows(const float* p, const float* g, float guard, float inverse_temperature,
                       std::size_t rows, std::size_t n, float* out);
void GumbelSoftmaxRows(const double* p, const double* g, double guard, double inverse_temperature,
                       std::size_t rows, std::size_t n, double* out);

// x[i] = -log(-log(x[i])): uniform numbers in (0, 1) become draws of Gumbel(0, 1).
void GumbelOfUniform(std::size_t n, float* x);

}  // namespace derrd::kernels

#endif  // DERRD_KERNELS_EXP_LOG_H_
