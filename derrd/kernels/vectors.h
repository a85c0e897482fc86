// Arithmetic over short rows, in single and double precision: what the losses do between their
// matrix products. Pointers need not be aligned; outputs may not overlap inputs unless they are
// the same array. The order of every sum is fixed for a given instruction set. Each function is
// O(n).
#ifndef DERRD_KERNELS_VECTORS_H_
#define DERRD_KERNELS_VECTORS_H_

#include <cstddef>

namespace derrd::kernels {

// sum_i a[i] b[i]
float Dot(const float* a, const float* b, std::size_t n);
double Dot(const double* a, const double* b, std::size_t n);

// sum[i] += scale * x[i]
void AddScaled(float scale, const float* x, std::size_t n, float* sum);
void AddScaled(double scale, const double* x, std::size_t n, double* sum);

// sum[i] += scale * (x[i] + bias[i])
void AddScaledSum(float scale, const float* x, const float* bias, std::size_t n, float* sum);
void AddScaledSum(double scale, const double* x, const double* bias, std::size_t n, double* sum);

// x[i] *= scale
void Scale(float scale, std::size_t n, float* x);
void Scale(double scale, std::size_t n, double* x);

// Each row of x (rows x n): x[i] = max(x[i] + bias[i], 0). A NaN stays one.
void AddBiasRelu(const float* bias, std::size_t rows, std::size_t n, float* x);
void AddBiasRelu(const double* bias, std::size_t rows, std::size_t n, double* x);

// The way back through a ReLU layer whose output, `hidden`, was then weighted by `scale`. On entry
// `gradient` is that of scale * hidden before the weight. Returns sum_i hidden[i] gradient[i] (what
// the weight is asked for), then leaves in `gradient` that of the layer's input, scale * gradient
// where the unit was open and 0 elsewhere, and in `hidden` the weighted output.
float ReluBackward(float scale, std::size_t n, float* hidden, float* gradient);
double ReluBackward(double scale, std::size_t n, double* hidden, double* gradient);

}  // namespace derrd::kernels

#endif  // DERRD_KERNELS_VECTORS_H_
