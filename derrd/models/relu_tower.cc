#include "derrd/models/relu_tower.h"

#include <fmt/format.h>

#include "derrd/kernels/gemm.h"
#include "derrd/kernels/rows.h"
#include "derrd/kernels/vectors.h"

namespace derrd {
namespace {

using kernels::Gemm;
using kernels::Op;

}  // namespace

void AddRows(std::span<const float> weights, MatrixView<const float> rows, float* sum) {
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    kernels::AddScaled(weights[i], rows.row(i), rows.cols(), sum);
  }
}

ReluTower::ReluTower(const std::vector<std::size_t>& widths) : widths_(widths) {
  for (std::size_t l = 1; l < widths.size(); ++l) {
    parameters_.emplace_back(fmt::format("layer{}_weights", l), widths[l - 1], widths[l]);
    parameters_.emplace_back(fmt::format("layer{}_bias", l), 1, widths[l]);
  }
  parameters_.emplace_back("output_mlp", 1, widths.back());
}

MatrixView<float> ReluTower::First(Block& block, std::size_t rows) const {
  block.hidden.resize(layers());
  block.hidden[0].Reshape(rows, widths_[0]);
  return block.hidden[0];
}

void ReluTower::Forward(Block& block, std::span<float> out) const {
  const std::size_t rows = block.hidden[0].rows();
  for (std::size_t l = 1; l < layers(); ++l) {
    Matrix<float>& hidden = block.hidden[l];
    hidden.Reshape(rows, widths_[l]);
    Gemm(Op::kNone, Op::kNone, rows, widths_[l], widths_[l - 1], 1.0f, block.hidden[l - 1].data(),
         widths_[l - 1], Weights(l).values.data(), widths_[l], 0.0f, hidden.data(), widths_[l]);
    kernels::AddBiasRelu(Bias(l).values.data(), rows, widths_[l], hidden.data());
  }
  kernels::Dots(parameters_.back().values.data(), block.hidden.back().data(), widths_.back(), rows,
                out.data());
}

void ReluTower::Backward(Block& block, std::span<const float> out_gradient,
                         std::vector<Matrix<float>>& sums) const {
  const std::size_t rows = block.hidden[0].rows();
  const std::vector<float> ones(rows, 1.0f);
  block.gradient.resize(layers());
  Matrix<float>& last = block.gradient.back();
  last.Reshape(rows, widths_.back());
  last.SetZero();
  for (std::size_t i = 0; i < rows; ++i) {
    kernels::AddScaled(out_gradient[i], parameters_.back().values.data(), last.cols(), last.row(i));
  }
  AddRows(out_gradient, block.hidden.back(), sums.back().data());
  for (std::size_t l = layers(); l-- > 0;) {
    Matrix<float>& gradient = block.gradient[l];
    kernels::ReluBackward(1.0f, gradient.size(), block.hidden[l].data(), gradient.data());
    if (l == 0) break;
    Matrix<float>& below = block.gradient[l - 1];
    below.Reshape(rows, widths_[l - 1]);
    Gemm(Op::kTranspose, Op::kNone, widths_[l - 1], widths_[l], rows, 1.0f,
         block.hidden[l - 1].data(), widths_[l - 1], gradient.data(), widths_[l], 1.0f,
         sums[2 * l - 2].data(), widths_[l]);
    AddRows(ones, gradient, sums[2 * l - 1].data());
    Gemm(Op::kNone, Op::kTranspose, rows, widths_[l - 1], widths_[l], 1.0f, gradient.data(),
         widths_[l], Weights(l).values.data(), widths_[l], 0.0f, below.data(), widths_[l - 1]);
  }
}

std::vector<Matrix<float>> ReluTower::ZeroSums() const {
  std::vector<Matrix<float>> sums;
  for (const DenseParameter& parameter : parameters_) {
    sums.emplace_back(parameter.values.rows(), parameter.values.cols());
  }
  return sums;
}

}  // namespace derrd
