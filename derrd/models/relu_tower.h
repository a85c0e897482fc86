// The layers of a small network above its first: ReLU layers and a weighted sum of the last.
#ifndef DERRD_MODELS_RELU_TOWER_H_
#define DERRD_MODELS_RELU_TOWER_H_

#include <span>
#include <vector>

#include "derrd/core/matrix.h"
#include "derrd/core/parameter.h"

namespace derrd {

// With h_0 given, h_l = max(h_{l-1} W_l + b_l, 0) for l = 1 ... layers() - 1, and the output is
// v . h_last. Works on blocks of rows; threads may share it, each with a Block of its own.
class ReluTower {
 public:
  // widths: of h_0, h_1, ...; at least one. All parameters start as zero.
  explicit ReluTower(const std::vector<std::size_t>& widths);

  std::size_t layers() const { return widths_.size(); }
  const std::vector<std::size_t>& widths() const { return widths_; }
  // W_1 ("layer1_weights", widths[0] x widths[1]), b_1 ("layer1_bias"), W_2, ..., v
  // ("output_mlp"); the last two of them rows.
  std::vector<DenseParameter>& parameters() { return parameters_; }
  const std::vector<DenseParameter>& parameters() const { return parameters_; }

  // Rows in work. hidden[l] is n x widths[l].
  struct Block {
    std::vector<Matrix<float>> hidden, gradient;
  };
  // Whoever computes hidden[0] gets it in shape here.
  MatrixView<float> First(Block& block, std::size_t rows) const;
  // From hidden[0] to the others; out[i] is row i's output.
  void Forward(Block& block, std::span<float> out) const;
  // After Forward. Adds to `sums`, of the shapes of parameters(), the gradients of
  // sum_i out_gradient[i] out[i], and leaves in gradient[0] that of what h_0 is the ReLU of.
  void Backward(Block& block, std::span<const float> out_gradient,
                std::vector<Matrix<float>>& sums) const;
  std::vector<Matrix<float>> ZeroSums() const;

 private:
  const DenseParameter& Weights(std::size_t layer) const { return parameters_[2 * layer - 2]; }
  const DenseParameter& Bias(std::size_t layer) const { return parameters_[2 * layer - 1]; }

  std::vector<std::size_t> widths_;
  std::vector<DenseParameter> parameters_;
};

// sum[0..rows.cols()) += sum_i weights[i] * rows[i], over all rows.
void AddRows(std::span<const float> weights, MatrixView<const float> rows, float* sum);

}  // namespace derrd

#endif  // DERRD_MODELS_RELU_TOWER_H_
