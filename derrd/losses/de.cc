#include "derrd/losses/de.h"

#include <algorithm>
#include <cassert>

#include "derrd/kernels/exp_log.h"
#include "derrd/kernels/select.h"
#include "derrd/kernels/small_gemm.h"
#include "derrd/kernels/vectors.h"

namespace derrd {
namespace {

using kernels::Op;
using kernels::SmallGemm;

constexpr double kLogGuard = 1e-10;     // the authors' eps inside the logarithm
constexpr std::size_t kRowGrain = 128;  // rows a task takes
constexpr std::size_t kColumnGrain = 64;

}  // namespace

ExpertShape ExpertShape::For(std::size_t experts, std::size_t student_width,
                             std::size_t teacher_width) {
  const std::size_t hidden =
      student_width == teacher_width ? student_width / 2 : (student_width + teacher_width) / 2;
  return {experts, student_width, std::max<std::size_t>(hidden, 1), teacher_width};
}

template <typename T>
double DeLoss<T>::Compute(const ExpertTensors<const T>& weights, MatrixView<const T> student,
                          MatrixView<const T> teacher, MatrixView<const T> gumbel,
                          std::span<const T> row_weights, const DeOptions& options,
                          const ExpertTensors<T>& gradients, MatrixView<T> student_gradient,
                          const Parallel& parallel) {
  assert(student.rows() == teacher.rows() && student.rows() == gumbel.rows() &&
         student.rows() == row_weights.size() && student.rows() == student_gradient.rows());
  Select(weights, teacher, gumbel, options, parallel);
  Route();
  RunExperts(weights, student, parallel);
  const double loss = Reconstruct(weights, teacher, row_weights, options, parallel);
  parallel.For(shape_.experts, [&](std::size_t m) { BackwardExpert(m, weights, gradients); });
  BackwardRows(options, student_gradient, parallel);
  BackwardSelection(teacher, gradients, parallel);
  return loss;
}

// The selection weights of every row, and which of them matter. Weights that are kept keep their
// value: they are not made to sum to one again.
template <typename T>
void DeLoss<T>::Select(const ExpertTensors<const T>& weights, MatrixView<const T> teacher,
                       MatrixView<const T> gumbel, const DeOptions& options,
                       const Parallel& parallel) {
  const std::size_t n = teacher.rows(), experts = shape_.experts;
  alpha_.Reshape(n, experts);
  z_.Reshape(n, experts);
  row_begin_.assign(n + 1, 0);
  const T inverse_temperature = static_cast<T>(1.0 / options.temperature);
  const auto tolerance = static_cast<T>(options.tolerance * std::min(1.0, options.temperature));
  least_.resize(n);
  parallel.ForRanges(n, kRowGrain, [&](std::size_t begin, std::size_t end) {
    const std::size_t rows = end - begin;
    SmallGemm(Op::kNone, Op::kNone, rows, experts, shape_.teacher_width, teacher.row(begin),
              shape_.teacher_width, weights.selection.data(), experts, false, alpha_.row(begin),
              experts);
    kernels::SoftmaxRows(weights.selection_bias.data(), rows, experts, alpha_.row(begin));
    kernels::GumbelSoftmaxRows(alpha_.row(begin), gumbel.row(begin), static_cast<T>(kLogGuard),
                               inverse_temperature, rows, experts, z_.row(begin));
    for (std::size_t r = begin; r < end; ++r) {
      least_[r] = kernels::NegligibleBelow(z_.row(r), experts, tolerance);
      std::size_t routed = 0;
      for (std::size_t m = 0; m < experts; ++m) routed += IsRouted(r, m) ? 1 : 0;
      row_begin_[r + 1] = routed;
    }
  });
}

// Lists the pairs that matter by row, then numbers them by expert.
template <typename T>
void DeLoss<T>::Route() {
  const std::size_t n = z_.rows(), experts = shape_.experts;
  for (std::size_t r = 0; r < n; ++r) row_begin_[r + 1] += row_begin_[r];
  row_pairs_.resize(row_begin_[n]);
  row_experts_.resize(row_begin_[n]);
  pair_rows_.resize(row_begin_[n]);
  chosen_.assign(experts, 0);
  expert_begin_.assign(experts + 1, 0);
  for (std::size_t r = 0; r < n; ++r) {
    std::size_t position = row_begin_[r];
    std::size_t best = 0;
    for (std::size_t m = 0; m < experts; ++m) {
      if (z_(r, m) > z_(r, best)) best = m;
      if (!IsRouted(r, m)) continue;
      row_experts_[position++] = static_cast<std::uint32_t>(m);
      ++expert_begin_[m + 1];
    }
    ++chosen_[best];
  }
  for (std::size_t m = 0; m < experts; ++m) expert_begin_[m + 1] += expert_begin_[m];
  std::vector<std::size_t> next(expert_begin_.begin(), expert_begin_.end() - 1);
  for (std::size_t r = 0; r < n; ++r) {
    for (std::size_t i = row_begin_[r]; i < row_begin_[r + 1]; ++i) {
      const std::size_t pair = next[row_experts_[i]]++;
      pair_rows_[pair] = static_cast<std::uint32_t>(r);
      row_pairs_[i] = static_cast<std::uint32_t>(pair);
    }
  }
}

template <typename T>
void DeLoss<T>::RunExperts(const ExpertTensors<const T>& weights, MatrixView<const T> student,
                           const Parallel& parallel) {
  const auto [experts, ds, h, dt] = shape_;
  input_.Reshape(pair_rows_.size(), ds);
  hidden_.Reshape(pair_rows_.size(), h);
  output_.Reshape(pair_rows_.size(), dt);
  pair_gradient_.resize(pair_rows_.size());
  parallel.For(experts, [&](std::size_t m) {
    ForBlocks(m, [&](std::size_t begin, std::size_t pairs) {
      for (std::size_t p = begin; p < begin + pairs; ++p) {
        std::copy_n(student.row(pair_rows_[p]), shape_.student_width, input_.row(p));
      }
      SmallGemm(Op::kNone, Op::kNone, pairs, shape_.hidden_width, shape_.student_width,
                input_.row(begin), shape_.student_width,
                weights.first.row(m * shape_.student_width), shape_.hidden_width, false,
                hidden_.row(begin), shape_.hidden_width);
      kernels::AddBiasRelu(weights.first_bias.row(m), pairs, shape_.hidden_width,
                           hidden_.row(begin));
      SmallGemm(Op::kNone, Op::kNone, pairs, shape_.teacher_width, shape_.hidden_width,
                hidden_.row(begin), shape_.hidden_width,
                weights.second.row(m * shape_.hidden_width), shape_.teacher_width, false,
                output_.row(begin), shape_.teacher_width);
    });
  });
}

// For each row: the reconstruction, the loss, and what the loss asks of the reconstruction.
template <typename T>
double DeLoss<T>::Reconstruct(const ExpertTensors<const T>& weights, MatrixView<const T> teacher,
                              std::span<const T> row_weights, const DeOptions& options,
                              const Parallel& parallel) {
  const std::size_t n = teacher.rows(), dt = shape_.teacher_width;
  residual_.Reshape(n, dt);
  std::vector<double> parts((n + kRowGrain - 1) / kRowGrain);
  parallel.For(parts.size(), [&](std::size_t part) {
    double loss = 0.0;
    for (std::size_t r = part * kRowGrain; r < std::min(n, (part + 1) * kRowGrain); ++r) {
      T* residual = residual_.row(r);
      std::fill_n(residual, dt, T{0});
      for (std::size_t i = row_begin_[r]; i < row_begin_[r + 1]; ++i) {
        const std::size_t m = row_experts_[i];
        kernels::AddScaledSum(z_(r, m), output_.row(row_pairs_[i]), weights.second_bias.row(m), dt,
                              residual);
      }
      kernels::AddScaled(T{-1}, teacher.row(r), dt, residual);
      loss += static_cast<double>(row_weights[r]) *
              static_cast<double>(kernels::Dot(residual, residual, dt));
      kernels::Scale(2 * row_weights[r] * static_cast<T>(options.weight), dt, residual);
    }
    parts[part] = loss;
  });
  return TreeSum(parts);
}

// Block by block of the expert's rows, so that what a block reads stays in a cache. Leaves in
// input_ the gradient with respect to each pair's student, and in pair_gradient_ that with respect
// to its z.
template <typename T>
void DeLoss<T>::BackwardExpert(std::size_t m, const ExpertTensors<const T>& weights,
                               const ExpertTensors<T>& gradients) {
  const auto [experts, ds, h, dt] = shape_;
  T* first = gradients.first.row(m * ds);
  T* second = gradients.second.row(m * h);
  T* first_bias = gradients.first_bias.row(m);
  T* second_bias = gradients.second_bias.row(m);
  std::fill_n(first_bias, h, T{0});
  std::fill_n(second_bias, dt, T{0});
  if (expert_begin_[m] == expert_begin_[m + 1]) {
    std::fill_n(first, ds * h, T{0});
    std::fill_n(second, h * dt, T{0});
  }
  Matrix<T> residual = buffers_.Take(), hidden_gradient = buffers_.Take();
  bool add = false;  // the first block overwrites the gradients, the others add to them
  ForBlocks(m, [&, ds = ds, h = h, dt = dt](std::size_t begin, std::size_t pairs) {
    residual.Reshape(pairs, dt);
    hidden_gradient.Reshape(pairs, h);
    for (std::size_t i = 0; i < pairs; ++i) {
      std::copy_n(residual_.row(pair_rows_[begin + i]), dt, residual.row(i));
    }
    SmallGemm(Op::kNone, Op::kTranspose, pairs, h, dt, residual.data(), dt,
              weights.second.row(m * h), dt, false, hidden_gradient.data(), h);
    for (std::size_t i = 0; i < pairs; ++i) {
      const T z = z_(pair_rows_[begin + i], m);
      pair_gradient_[begin + i] =
          kernels::ReluBackward(z, h, hidden_.row(begin + i), hidden_gradient.row(i)) +
          kernels::Dot(residual.row(i), weights.second_bias.row(m), dt);
      kernels::AddScaled(z, residual.row(i), dt, second_bias);
      kernels::AddScaled(T{1}, hidden_gradient.row(i), h, first_bias);
    }
    SmallGemm(Op::kTranspose, Op::kNone, h, dt, pairs, hidden_.row(begin), h, residual.data(), dt,
              add, second, dt);
    SmallGemm(Op::kTranspose, Op::kNone, ds, h, pairs, input_.row(begin), ds,
              hidden_gradient.data(), h, add, first, h);
    SmallGemm(Op::kNone, Op::kTranspose, pairs, ds, h, hidden_gradient.data(), h,
              weights.first.row(m * ds), h, false, input_.row(begin), ds);
    add = true;
  });
  buffers_.Give(std::move(residual));
  buffers_.Give(std::move(hidden_gradient));
}

// For each row: the gradient with respect to its student, a sum over its experts, and, through z,
// to the selection network's logits. A weight that was left out counts as zero.
template <typename T>
void DeLoss<T>::BackwardRows(const DeOptions& options, MatrixView<T> student_gradient,
                             const Parallel& parallel) {
  const T temperature = static_cast<T>(options.temperature);
  const std::size_t experts = shape_.experts;
  log_gradient_.Reshape(student_gradient.rows(), experts);
  parallel.ForRanges(student_gradient.rows(), kRowGrain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t r = begin; r < end; ++r) {
      T* to_student = student_gradient.row(r);
      std::fill_n(to_student, shape_.student_width, T{0});
      T mean = 0;
      for (std::size_t i = row_begin_[r]; i < row_begin_[r + 1]; ++i) {
        kernels::AddScaled(T{1}, input_.row(row_pairs_[i]), shape_.student_width, to_student);
        mean += z_(r, row_experts_[i]) * pair_gradient_[row_pairs_[i]];
      }
      T* gradient = log_gradient_.row(r);
      std::fill_n(gradient, experts, T{0});
      T alpha_mean = 0;
      for (std::size_t i = row_begin_[r]; i < row_begin_[r + 1]; ++i) {
        const std::size_t m = row_experts_[i];
        const T of_log = z_(r, m) / temperature * (pair_gradient_[row_pairs_[i]] - mean);
        gradient[m] = of_log / (alpha_(r, m) + static_cast<T>(kLogGuard));
        alpha_mean += alpha_(r, m) * gradient[m];
      }
      for (std::size_t m = 0; m < experts; ++m) {
        gradient[m] = alpha_(r, m) * (gradient[m] - alpha_mean);
      }
    }
  });
}

// One task a block of the teacher's columns: each gradient is one product over all rows.
template <typename T>
void DeLoss<T>::BackwardSelection(MatrixView<const T> teacher, const ExpertTensors<T>& gradients,
                                  const Parallel& parallel) const {
  const std::size_t n = teacher.rows(), dt = shape_.teacher_width, experts = shape_.experts;
  T* bias = gradients.selection_bias.data();
  std::fill_n(bias, experts, T{0});
  for (std::size_t r = 0; r < n; ++r) kernels::AddScaled(T{1}, log_gradient_.row(r), experts, bias);
  parallel.ForRanges(dt, kColumnGrain, [&](std::size_t begin, std::size_t end) {
    SmallGemm(Op::kTranspose, Op::kNone, end - begin, experts, n, teacher.data() + begin, dt,
              log_gradient_.data(), experts, false, gradients.selection.row(begin), experts);
  });
}

template class DeLoss<float>;
template class DeLoss<double>;

}  // namespace derrd
