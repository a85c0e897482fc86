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
  const double loss = Reconstruct(weights, student, teacher, row_weights, options, parallel);
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

// Gathers the students of expert m's pairs [begin, begin + pairs), and computes what the expert
// makes of them but for its last bias.
template <typename T>
void DeLoss<T>::RunExpert(std::size_t m, const ExpertTensors<const T>& weights,
                          MatrixView<const T> student, std::size_t begin, std::size_t pairs,
                          T* output) {
  const auto [experts, ds, h, dt] = shape_;
  for (std::size_t p = begin; p < begin + pairs; ++p) {
    std::copy_n(student.row(pair_rows_[p]), ds, input_.row(p));
  }
  SmallGemm(Op::kNone, Op::kNone, pairs, h, ds, input_.row(begin), ds, weights.first.row(m * ds), h,
            false, hidden_.row(begin), h);
  kernels::AddBiasRelu(weights.first_bias.row(m), pairs, h, hidden_.row(begin));
  SmallGemm(Op::kNone, Op::kNone, pairs, dt, h, hidden_.row(begin), h, weights.second.row(m * h),
            dt, false, output, dt);
}

// For each row: the reconstruction, the loss, and what the loss asks of the reconstruction.
//
// While most pairs are routed, some rows run all their experts, whose outputs are added up while
// they are in a cache: all pairs' outputs would be the largest thing that a step writes and reads.
// Once a row has few experts, or where there are fewer blocks of rows than keep the threads busy,
// an expert's rows are gathered from all of the batch. Both have the same bits.
template <typename T>
double DeLoss<T>::Reconstruct(const ExpertTensors<const T>& weights, MatrixView<const T> student,
                              MatrixView<const T> teacher, std::span<const T> row_weights,
                              const DeOptions& options, const Parallel& parallel) {
  const auto [experts, ds, h, dt] = shape_;
  const std::size_t n = teacher.rows(), pairs = pair_rows_.size();
  std::vector<double> parts((n + kRowGrain - 1) / kRowGrain);
  const bool by_rows =
      2 * pairs > n * experts && parts.size() >= 2 * static_cast<std::size_t>(parallel.threads());
  input_.Reshape(pairs, ds);
  hidden_.Reshape(pairs, h);
  output_.Reshape(by_rows ? 0 : pairs, dt);
  pair_gradient_.resize(pairs);
  residual_.Reshape(n, dt);
  if (!by_rows) {
    parallel.For(experts, [&](std::size_t m) {
      ForBlocks(m, [&](std::size_t begin, std::size_t count) {
        RunExpert(m, weights, student, begin, count, output_.row(begin));
      });
    });
  }
  parallel.For(parts.size(), [&](std::size_t part) {
    const std::size_t begin = part * kRowGrain, end = std::min(n, begin + kRowGrain);
    std::fill_n(residual_.row(begin), (end - begin) * shape_.teacher_width, T{0});
    if (by_rows) {
      AddExpertsOf(weights, student, begin, end);
    } else {
      AddOutputs(weights, begin, end);
    }
    parts[part] = LossOfRows(teacher, row_weights, options, begin, end);
  });
  return TreeSum(parts);
}

// Adds to the reconstructions of rows [begin, end) what their experts make of them.
template <typename T>
void DeLoss<T>::AddExpertsOf(const ExpertTensors<const T>& weights, MatrixView<const T> student,
                             std::size_t begin, std::size_t end) {
  const std::size_t dt = shape_.teacher_width;
  Matrix<T> output = buffers_.Take();
  output.Reshape(end - begin, dt);
  for (std::size_t m = 0; m < shape_.experts; ++m) {
    const auto all = pair_rows_.begin();
    const auto last = all + static_cast<std::ptrdiff_t>(expert_begin_[m + 1]);
    const auto first =
        std::lower_bound(all + static_cast<std::ptrdiff_t>(expert_begin_[m]), last, begin);
    const auto from = static_cast<std::size_t>(first - all);
    const auto to = static_cast<std::size_t>(std::lower_bound(first, last, end) - all);
    if (from == to) continue;
    RunExpert(m, weights, student, from, to - from, output.data());
    for (std::size_t p = from; p < to; ++p) {
      const std::size_t row = pair_rows_[p];
      kernels::AddScaledSum(z_(row, m), output.row(p - from), weights.second_bias.row(m), dt,
                            residual_.row(row));
    }
  }
  buffers_.Give(std::move(output));
}

// The same of outputs that are there.
template <typename T>
void DeLoss<T>::AddOutputs(const ExpertTensors<const T>& weights, std::size_t begin,
                           std::size_t end) {
  for (std::size_t r = begin; r < end; ++r) {
    for (std::size_t i = row_begin_[r]; i < row_begin_[r + 1]; ++i) {
      const std::size_t m = row_experts_[i];
      kernels::AddScaledSum(z_(r, m), output_.row(row_pairs_[i]), weights.second_bias.row(m),
                            shape_.teacher_width, residual_.row(r));
    }
  }
}

// The loss of rows [begin, end), whose reconstructions become its gradient with respect to them.
template <typename T>
double DeLoss<T>::LossOfRows(MatrixView<const T> teacher, std::span<const T> row_weights,
                             const DeOptions& options, std::size_t begin, std::size_t end) {
  const std::size_t dt = shape_.teacher_width;
  double loss = 0.0;
  for (std::size_t r = begin; r < end; ++r) {
    T* residual = residual_.row(r);
    kernels::AddScaled(T{-1}, teacher.row(r), dt, residual);
    loss += static_cast<double>(row_weights[r]) *
            static_cast<double>(kernels::Dot(residual, residual, dt));
    kernels::Scale(2 * row_weights[r] * static_cast<T>(options.weight), dt, residual);
  }
  return loss;
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
  Matrix<T> gathered = buffers_.Take(), hidden_gradient = buffers_.Take();
  bool add = false;  // the first block overwrites the gradients, the others add to them
  ForBlocks(m, [&, ds = ds, h = h, dt = dt](std::size_t begin, std::size_t pairs) {
    const T* residual = ResidualsOf(begin, pairs, gathered);
    hidden_gradient.Reshape(pairs, h);
    SmallGemm(Op::kNone, Op::kTranspose, pairs, h, dt, residual, dt, weights.second.row(m * h), dt,
              false, hidden_gradient.data(), h);
    for (std::size_t i = 0; i < pairs; ++i) {
      const T z = z_(pair_rows_[begin + i], m);
      pair_gradient_[begin + i] =
          kernels::ReluBackward(z, h, hidden_.row(begin + i), hidden_gradient.row(i)) +
          kernels::Dot(residual + i * dt, weights.second_bias.row(m), dt);
      kernels::AddScaled(z, residual + i * dt, dt, second_bias);
      kernels::AddScaled(T{1}, hidden_gradient.row(i), h, first_bias);
    }
    SmallGemm(Op::kTranspose, Op::kNone, h, dt, pairs, hidden_.row(begin), h, residual, dt, add,
              second, dt);
    SmallGemm(Op::kTranspose, Op::kNone, ds, h, pairs, input_.row(begin), ds,
              hidden_gradient.data(), h, add, first, h);
    SmallGemm(Op::kNone, Op::kTranspose, pairs, ds, h, hidden_gradient.data(), h,
              weights.first.row(m * ds), h, false, input_.row(begin), ds);
    add = true;
  });
  buffers_.Give(std::move(gathered));
  buffers_.Give(std::move(hidden_gradient));
}

// One after the other: as they lie where the pairs' rows do so, else gathered.
template <typename T>
const T* DeLoss<T>::ResidualsOf(std::size_t begin, std::size_t pairs, Matrix<T>& gathered) const {
  const std::size_t first = pair_rows_[begin];
  if (pair_rows_[begin + pairs - 1] == first + pairs - 1) return residual_.row(first);
  gathered.Reshape(pairs, residual_.cols());
  for (std::size_t i = 0; i < pairs; ++i) {
    std::copy_n(residual_.row(pair_rows_[begin + i]), residual_.cols(), gathered.row(i));
  }
  return gathered.data();
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
