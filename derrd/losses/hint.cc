#include "derrd/losses/hint.h"

#include <algorithm>
#include <cassert>
#include <vector>

#include "derrd/kernels/gemm.h"
#include "derrd/kernels/vectors.h"

namespace derrd {
namespace {

using kernels::Gemm;
using kernels::Op;

constexpr std::size_t kHintRows = 128;    // rows a task takes
constexpr std::size_t kWeightGrain = 32;  // rows of a weight matrix whose gradient a task sums

// gradient = input^T output_gradient, and the bias's: the sum of output_gradient's rows. Each
// number is one sum over all rows, in one product.
template <typename T>
void LayerGradient(MatrixView<const T> input, MatrixView<const T> output_gradient,
                   MatrixView<T> gradient, MatrixView<T> bias_gradient, const Parallel& parallel) {
  const std::size_t n = input.rows(), in = input.cols(), out = output_gradient.cols();
  std::fill_n(bias_gradient.data(), out, T{0});
  for (std::size_t r = 0; r < n; ++r) {
    kernels::AddScaled(T{1}, output_gradient.row(r), out, bias_gradient.data());
  }
  if (n == 0) std::ranges::fill(gradient.elements(), T{0});
  parallel.ForRanges(in, kWeightGrain, [&](std::size_t begin, std::size_t end) {
    Gemm(Op::kTranspose, Op::kNone, end - begin, out, n, T{1}, input.data() + begin, in,
         output_gradient.data(), out, T{0}, gradient.row(begin), out);
  });
}

}  // namespace

template <typename T>
double HintLoss<T>::Compute(const ProjectorTensors<const T>& weights, MatrixView<const T> student,
                            MatrixView<const T> teacher, std::span<const T> row_weights, T weight,
                            const ProjectorTensors<T>& gradients, MatrixView<T> student_gradient,
                            const Parallel& parallel) {
  const std::size_t n = student.rows();
  assert(n == teacher.rows() && n == row_weights.size() && n == student_gradient.rows());
  hidden_.Reshape(n, weights.first.cols());
  hidden_gradient_.Reshape(n, weights.first.cols());
  residual_.Reshape(n, teacher.cols());
  std::vector<double> parts((n + kHintRows - 1) / kHintRows);
  parallel.For(parts.size(), [&](std::size_t part) {
    const std::size_t begin = part * kHintRows, end = std::min(n, begin + kHintRows);
    parts[part] =
        ComputeRows(weights, begin, end, student, teacher, row_weights, weight, student_gradient);
  });
  LayerGradient<T>(hidden_, residual_, gradients.second, gradients.second_bias, parallel);
  LayerGradient<T>(student, hidden_gradient_, gradients.first, gradients.first_bias, parallel);
  return TreeSum(parts);
}

template <typename T>
double HintLoss<T>::ComputeRows(const ProjectorTensors<const T>& weights, std::size_t begin,
                                std::size_t end, MatrixView<const T> student,
                                MatrixView<const T> teacher, std::span<const T> row_weights,
                                T weight, MatrixView<T> student_gradient) {
  const std::size_t rows = end - begin, ds = student.cols(), h = hidden_.cols();
  const std::size_t dt = teacher.cols();
  Gemm(Op::kNone, Op::kNone, rows, h, ds, T{1}, student.row(begin), ds, weights.first.data(), h,
       T{0}, hidden_.row(begin), h);
  kernels::AddBiasRelu(weights.first_bias.data(), rows, h, hidden_.row(begin));
  Gemm(Op::kNone, Op::kNone, rows, dt, h, T{1}, hidden_.row(begin), h, weights.second.data(), dt,
       T{0}, residual_.row(begin), dt);
  double loss = 0.0;
  for (std::size_t r = begin; r < end; ++r) {
    T* residual = residual_.row(r);
    kernels::AddScaled(T{1}, weights.second_bias.data(), dt, residual);
    kernels::AddScaled(T{-1}, teacher.row(r), dt, residual);
    loss += static_cast<double>(row_weights[r]) *
            static_cast<double>(kernels::Dot(residual, residual, dt));
    kernels::Scale(2 * row_weights[r] * weight, dt, residual);
  }
  Gemm(Op::kNone, Op::kTranspose, rows, h, dt, T{1}, residual_.row(begin), dt,
       weights.second.data(), dt, T{0}, hidden_gradient_.row(begin), h);
  for (std::size_t r = begin; r < end; ++r) {
    kernels::ReluBackward(T{1}, h, hidden_.row(r), hidden_gradient_.row(r));
  }
  Gemm(Op::kNone, Op::kTranspose, rows, ds, h, T{1}, hidden_gradient_.row(begin), h,
       weights.first.data(), h, T{0}, student_gradient.row(begin), ds);
  return loss;
}

template class HintLoss<float>;
template class HintLoss<double>;

}  // namespace derrd
