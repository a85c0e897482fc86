#include "derrd/losses/de.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "derrd/kernels/gemm.h"

namespace derrd {
namespace {

using kernels::Gemm;
using kernels::Op;

constexpr double kLogGuard = 1e-10;     // the authors' eps inside the logarithm
constexpr std::size_t kRowGrain = 128;  // rows a task takes

template <typename T>
void SoftmaxInPlace(T* x, std::size_t n) {
  const T highest = *std::max_element(x, x + n);
  T sum = 0;
  for (std::size_t i = 0; i < n; ++i) sum += x[i] = std::exp(x[i] - highest);
  for (std::size_t i = 0; i < n; ++i) x[i] /= sum;
}

// Sums in eight lanes, so that the compiler may use vectors without changing the order of anything.
template <typename T>
T DotProduct(const T* a, const T* b, std::size_t n) {
  T lanes[8] = {};
  std::size_t i = 0;
  for (; i + 8 <= n; i += 8) {
    for (std::size_t l = 0; l < 8; ++l) lanes[l] += a[i + l] * b[i + l];
  }
  T sum = 0;
  for (; i < n; ++i) sum += a[i] * b[i];
  for (const T lane : lanes) sum += lane;
  return sum;
}

template <typename T>
void AddTo(T* to, const T* from, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) to[i] += from[i];
}

template <typename T>
void AddScaledTo(T* to, T scale, const T* from, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) to[i] += scale * from[i];
}

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
  Route(options);
  RunExperts(weights, student, parallel);
  const double loss = Reconstruct(weights, teacher, row_weights, options, parallel);
  parallel.For(shape_.experts, [&](std::size_t m) { BackwardExpert(m, weights, gradients); });
  GatherStudentGradient(student_gradient, parallel);
  BackwardSelection(teacher, gradients, parallel);
  return loss;
}

template <typename T>
void DeLoss<T>::Select(const ExpertTensors<const T>& weights, MatrixView<const T> teacher,
                       MatrixView<const T> gumbel, const DeOptions& options,
                       const Parallel& parallel) {
  const std::size_t n = teacher.rows(), experts = shape_.experts;
  alpha_.Reshape(n, experts);
  z_.Reshape(n, experts);
  const T inverse_temperature = static_cast<T>(1.0 / options.temperature);
  parallel.ForRanges(n, kRowGrain, [&](std::size_t begin, std::size_t end) {
    Gemm(Op::kNone, Op::kNone, end - begin, experts, shape_.teacher_width, T{1}, teacher.row(begin),
         shape_.teacher_width, weights.selection.data(), experts, T{0}, alpha_.row(begin), experts);
    for (std::size_t r = begin; r < end; ++r) {
      T* alpha = alpha_.row(r);
      T* z = z_.row(r);
      AddTo(alpha, weights.selection_bias.data(), experts);
      SoftmaxInPlace(alpha, experts);
      for (std::size_t m = 0; m < experts; ++m) {
        z[m] =
            (std::log(alpha[m] + static_cast<T>(kLogGuard)) + gumbel(r, m)) * inverse_temperature;
      }
      SoftmaxInPlace(z, experts);
    }
  });
}

// Lists the pairs that matter. Weights left out become zero; those kept keep their value, for a
// weight below the threshold is not known to be one until all are.
template <typename T>
void DeLoss<T>::Route(const DeOptions& options) {
  const std::size_t n = z_.rows(), experts = shape_.experts;
  // z < threshold and z / tau < threshold, as one comparison.
  const T least = static_cast<T>(options.threshold * std::min(1.0, options.temperature));
  // A weight that is not a number is routed, so that the loss shows it.
  const auto is_routed = [&](std::size_t r, std::size_t m) { return !(z_(r, m) < least); };
  expert_begin_.assign(experts + 1, 0);
  row_begin_.assign(n + 1, 0);
  for (std::size_t r = 0; r < n; ++r) {
    row_begin_[r + 1] = row_begin_[r];
    for (std::size_t m = 0; m < experts; ++m) {
      if (is_routed(r, m)) {
        ++expert_begin_[m + 1];
        ++row_begin_[r + 1];
      }
    }
  }
  for (std::size_t m = 0; m < experts; ++m) expert_begin_[m + 1] += expert_begin_[m];
  pair_rows_.resize(row_begin_[n]);
  row_pairs_.resize(row_begin_[n]);
  row_experts_.resize(row_begin_[n]);
  std::vector<std::size_t> next(expert_begin_.begin(), expert_begin_.end() - 1);
  std::size_t position = 0;
  for (std::size_t r = 0; r < n; ++r) {
    for (std::size_t m = 0; m < experts; ++m) {
      if (!is_routed(r, m)) continue;
      const std::size_t pair = next[m]++;
      pair_rows_[pair] = static_cast<std::uint32_t>(r);
      row_pairs_[position] = static_cast<std::uint32_t>(pair);
      row_experts_[position++] = static_cast<std::uint32_t>(m);
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
  hidden_gradient_.Reshape(pair_rows_.size(), h);
  parallel.For(experts, [&](std::size_t m) {
    const std::size_t begin = expert_begin_[m], pairs = PairsOf(m);
    if (pairs == 0) return;
    for (std::size_t p = begin; p < begin + pairs; ++p) {
      std::copy_n(student.row(pair_rows_[p]), shape_.student_width, input_.row(p));
    }
    Gemm(Op::kNone, Op::kNone, pairs, shape_.hidden_width, shape_.student_width, T{1},
         input_.row(begin), shape_.student_width, weights.first.row(m * shape_.student_width),
         shape_.hidden_width, T{0}, hidden_.row(begin), shape_.hidden_width);
    const T* bias = weights.first_bias.row(m);
    for (std::size_t p = begin; p < begin + pairs; ++p) {
      T* row = hidden_.row(p);
      for (std::size_t i = 0; i < shape_.hidden_width; ++i)
        row[i] = std::max(row[i] + bias[i], T{0});
    }
    Gemm(Op::kNone, Op::kNone, pairs, shape_.teacher_width, shape_.hidden_width, T{1},
         hidden_.row(begin), shape_.hidden_width, weights.second.row(m * shape_.hidden_width),
         shape_.teacher_width, T{0}, output_.row(begin), shape_.teacher_width);
  });
}

// For each row: the reconstruction, the loss, what the loss asks of each expert's output, and what
// it asks of the selection network's logits.
template <typename T>
double DeLoss<T>::Reconstruct(const ExpertTensors<const T>& weights, MatrixView<const T> teacher,
                              std::span<const T> row_weights, const DeOptions& options,
                              const Parallel& parallel) {
  const T temperature = static_cast<T>(options.temperature);
  const T scale = static_cast<T>(options.weight);
  const std::size_t n = teacher.rows(), dt = shape_.teacher_width, experts = shape_.experts;
  residual_.Reshape(n, dt);
  log_gradient_.Reshape(n, experts);
  std::vector<double> parts((n + kRowGrain - 1) / kRowGrain);
  parallel.For(parts.size(), [&](std::size_t part) {
    std::vector<T> dz(experts);
    double loss = 0.0;
    for (std::size_t r = part * kRowGrain; r < std::min(n, (part + 1) * kRowGrain); ++r) {
      T* residual = residual_.row(r);
      std::fill_n(residual, dt, T{0});
      for (std::size_t i = row_begin_[r]; i < row_begin_[r + 1]; ++i) {
        const std::size_t m = row_experts_[i];
        T* output = output_.row(row_pairs_[i]);
        AddTo(output, weights.second_bias.row(m), dt);
        AddScaledTo(residual, z_(r, m), output, dt);
      }
      const T* target = teacher.row(r);
      for (std::size_t c = 0; c < dt; ++c) residual[c] -= target[c];
      const T weight = row_weights[r];
      loss += static_cast<double>(weight) * static_cast<double>(DotProduct(residual, residual, dt));
      for (std::size_t c = 0; c < dt; ++c) residual[c] *= 2 * weight * scale;

      // Through z: a weight that was left out counts as zero.
      T mean = 0;
      for (std::size_t i = row_begin_[r]; i < row_begin_[r + 1]; ++i) {
        const std::size_t m = row_experts_[i];
        T* output = output_.row(row_pairs_[i]);
        dz[m] = DotProduct(residual, output, dt);
        mean += z_(r, m) * dz[m];
        for (std::size_t c = 0; c < dt; ++c) output[c] = z_(r, m) * residual[c];
      }
      T* gradient = log_gradient_.row(r);
      std::fill_n(gradient, experts, T{0});
      T alpha_mean = 0;
      for (std::size_t i = row_begin_[r]; i < row_begin_[r + 1]; ++i) {
        const std::size_t m = row_experts_[i];
        const T of_log = z_(r, m) / temperature * (dz[m] - mean);
        gradient[m] = of_log / (alpha_(r, m) + static_cast<T>(kLogGuard));
        alpha_mean += alpha_(r, m) * gradient[m];
      }
      for (std::size_t m = 0; m < experts; ++m) {
        gradient[m] = alpha_(r, m) * (gradient[m] - alpha_mean);
      }
    }
    parts[part] = loss;
  });
  return TreeSum(parts);
}

template <typename T>
void DeLoss<T>::BackwardExpert(std::size_t m, const ExpertTensors<const T>& weights,
                               const ExpertTensors<T>& gradients) {
  const auto [experts, ds, h, dt] = shape_;
  const std::size_t begin = expert_begin_[m], pairs = PairsOf(m);
  T* first = gradients.first.row(m * ds);
  T* second = gradients.second.row(m * h);
  T* first_bias = gradients.first_bias.row(m);
  T* second_bias = gradients.second_bias.row(m);
  std::fill_n(first_bias, h, T{0});
  std::fill_n(second_bias, dt, T{0});
  if (pairs == 0) {
    std::fill_n(first, ds * h, T{0});
    std::fill_n(second, h * dt, T{0});
    return;
  }
  T* hidden_gradient = hidden_gradient_.row(begin);
  Gemm(Op::kTranspose, Op::kNone, h, dt, pairs, T{1}, hidden_.row(begin), h, output_.row(begin), dt,
       T{0}, second, dt);
  Gemm(Op::kNone, Op::kTranspose, pairs, h, dt, T{1}, output_.row(begin), dt,
       weights.second.row(m * h), dt, T{0}, hidden_gradient, h);
  for (std::size_t p = begin; p < begin + pairs; ++p) {
    AddTo(second_bias, output_.row(p), dt);
    const T* hidden = hidden_.row(p);
    T* gradient = hidden_gradient_.row(p);
    for (std::size_t i = 0; i < h; ++i) gradient[i] = hidden[i] > 0 ? gradient[i] : T{0};
    AddTo(first_bias, gradient, h);
  }
  Gemm(Op::kTranspose, Op::kNone, ds, h, pairs, T{1}, input_.row(begin), ds, hidden_gradient, h,
       T{0}, first, h);
  Gemm(Op::kNone, Op::kTranspose, pairs, ds, h, T{1}, hidden_gradient, h, weights.first.row(m * ds),
       h, T{0}, input_.row(begin), ds);
}

template <typename T>
void DeLoss<T>::GatherStudentGradient(MatrixView<T> student_gradient,
                                      const Parallel& parallel) const {
  parallel.ForRanges(student_gradient.rows(), kRowGrain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t r = begin; r < end; ++r) {
      T* gradient = student_gradient.row(r);
      std::fill_n(gradient, shape_.student_width, T{0});
      for (std::size_t i = row_begin_[r]; i < row_begin_[r + 1]; ++i) {
        AddTo(gradient, input_.row(row_pairs_[i]), shape_.student_width);
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
  for (std::size_t r = 0; r < n; ++r) AddTo(bias, log_gradient_.row(r), experts);
  if (n == 0) std::fill_n(gradients.selection.data(), dt * experts, T{0});
  parallel.ForRanges(dt, 64, [&](std::size_t begin, std::size_t end) {
    Gemm(Op::kTranspose, Op::kNone, end - begin, experts, n, T{1}, teacher.data() + begin, dt,
         log_gradient_.data(), experts, T{0}, gradients.selection.row(begin), experts);
  });
}

template <typename T>
std::vector<std::size_t> DeLoss<T>::ChosenRows() const {
  std::vector<std::size_t> chosen(shape_.experts, 0);
  for (std::size_t r = 0; r < z_.rows(); ++r) {
    const T* z = z_.row(r);
    ++chosen[static_cast<std::size_t>(std::max_element(z, z + shape_.experts) - z)];
  }
  return chosen;
}

template class DeLoss<float>;
template class DeLoss<double>;

}  // namespace derrd
