#include "derrd/models/ials.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "derrd/core/error.h"
#include "derrd/core/initial_values.h"
#include "derrd/kernels/gemm.h"
#include "derrd/kernels/lapack.h"
#include "derrd/kernels/vectors.h"

namespace derrd {
namespace {

using kernels::Gemm;
using kernels::Op;

constexpr double kIalsDeviation = 0.1;
constexpr std::size_t kProductGrain = 256;  // rows a task multiplies
constexpr std::size_t kColumnGrain = 64;    // columns of the Gramian a task sums
constexpr std::size_t kSystemBlock = 1024;  // pairs of a row that are held at once
constexpr std::size_t kSolveGrain = 32;     // rows a task solves; some have very many interactions

Matrix<double> GramianOf(const Matrix<double>& rows, const Parallel& parallel) {
  const std::size_t width = rows.cols();
  Matrix<double> gramian(width, width);
  parallel.ForRanges(width, kColumnGrain, [&](std::size_t begin, std::size_t end) {
    Gemm(Op::kTranspose, Op::kNone, width, end - begin, rows.rows(), 1.0, rows.data(), width,
         rows.data() + begin, width, 0.0, gramian.data() + begin, width);
  });
  return gramian;
}

// The axes in which a Gramian is diagonal: row k of `axes` is the k-th axis.
struct Axes {
  Matrix<double> axes;
  std::vector<double> values;
};

// For a symmetric matrix without negative eigenvalues, singular vectors are eigenvectors.
Axes AxesOf(Matrix<double> gramian) {
  const auto width = static_cast<int>(gramian.rows());
  Axes result{Matrix<double>(gramian.rows(), gramian.rows()), std::vector<double>(gramian.rows())};
  Matrix<double> unused(gramian.rows(), gramian.rows());
  const int info = kernels::Svd(width, width, gramian.data(), result.values.data(),
                                result.axes.data(), unused.data());
  if (info != 0) Fail<NotFinite>("the axes of the Gramian were not found ({}); raise the L2", info);
  return result;
}

// to = from * axes or from * axes^T.
void Turn(const Matrix<double>& from, const Matrix<double>& axes, Op op, Matrix<double>& to,
          const Parallel& parallel) {
  const std::size_t width = axes.rows();
  parallel.ForRanges(from.rows(), kProductGrain, [&](std::size_t begin, std::size_t end) {
    Gemm(Op::kNone, op, end - begin, width, width, 1.0, from.row(begin), width, axes.data(), width,
         0.0, to.row(begin), width);
  });
}

// Solves rows one after the other, all in the Gramian's axes; keeps its memory.
class RowSolver {
 public:
  RowSolver(const Matrix<double>& others, const std::vector<double>& gramian,
            const IalsOptions& options)
      : others_(others), gramian_(gramian), options_(options), root_(gramian.size()) {}

  // Weights and targets: as in WeightedListsView.
  void Solve(std::span<const std::int32_t> list, std::span<const float> weights,
             std::span<const float> targets, double* out) {
    const std::size_t n = list.size(), width = gramian_.size();
    std::fill_n(out, width, 0.0);
    if (n == 0) return;
    const double size = TakePairs(n, weights, targets);
    if (size == 0.0) return;  // as for a row without pairs
    const double l2 = options_.l2 * std::pow(size + options_.unobserved_weight *
                                                        static_cast<double>(others_.rows()),
                                             options_.l2_exponent);
    // 1 / sqrt(D): with rows scaled by it the system is 1 + B^T B, or 1 + B B^T.
    for (std::size_t k = 0; k < width; ++k) {
      root_[k] = 1.0 / std::sqrt(options_.unobserved_weight * gramian_[k] + l2);
    }
    if (n < width) {
      SolveSmall(list, out);
    } else {
      SolveWide(list, out);
    }
    for (std::size_t k = 0; k < width; ++k) out[k] *= root_[k];
  }

 private:
  // The roots of the weights, and the targets times them; returns the sum of the weights.
  double TakePairs(std::size_t n, std::span<const float> weights, std::span<const float> targets) {
    weight_root_.assign(n, 1.0);
    target_.assign(n, 1.0);
    if (weights.empty()) return static_cast<double>(n);
    double sum = 0.0;
    for (std::size_t i = 0; i < n; ++i) {
      sum += static_cast<double>(weights[i]);
      weight_root_[i] = std::sqrt(static_cast<double>(weights[i]));
      target_[i] = weight_root_[i] * static_cast<double>(targets[i]);
    }
    return sum;
  }
  // scaled_ = rows [begin, end) of B: of the list, times the root of their weight and root_.
  void Scale(std::span<const std::int32_t> list, std::size_t begin, std::size_t end) {
    const std::size_t width = root_.size();
    scaled_.Reshape(end - begin, width);
    for (std::size_t i = begin; i < end; ++i) {
      const double* from = others_.row(static_cast<std::size_t>(list[i]));
      double* to = scaled_.row(i - begin);
      for (std::size_t k = 0; k < width; ++k) to[k] = weight_root_[i] * from[k] * root_[k];
    }
  }
  // out = B^T (1 + B B^T)^-1 z
  void SolveSmall(std::span<const std::int32_t> list, double* out) {
    const std::size_t n = list.size(), width = root_.size();
    Scale(list, 0, n);
    right_ = target_;
    system_.Reshape(n, n);
    Gemm(Op::kNone, Op::kTranspose, n, n, width, 1.0, scaled_.data(), width, scaled_.data(), width,
         0.0, system_.data(), n);
    SolveOnePlus();
    for (std::size_t i = 0; i < n; ++i) {
      kernels::AddScaled(right_[i], scaled_.row(i), width, out);
    }
  }
  // out = (1 + B^T B)^-1 B^T z, B block by block: somebody may have millions of pairs.
  void SolveWide(std::span<const std::int32_t> list, double* out) {
    const std::size_t width = root_.size();
    right_.assign(width, 0.0);
    system_.Reshape(width, width);
    for (std::size_t begin = 0; begin < list.size(); begin += kSystemBlock) {
      const std::size_t end = std::min(begin + kSystemBlock, list.size());
      Scale(list, begin, end);
      for (std::size_t i = begin; i < end; ++i) {
        kernels::AddScaled(target_[i], scaled_.row(i - begin), width, right_.data());
      }
      Gemm(Op::kTranspose, Op::kNone, width, width, end - begin, 1.0, scaled_.data(), width,
           scaled_.data(), width, begin == 0 ? 0.0 : 1.0, system_.data(), width);
    }
    SolveOnePlus();
    std::ranges::copy(right_, out);
  }
  // right_ <- (1 + system_)^-1 right_
  void SolveOnePlus() {
    const std::size_t size = system_.rows();
    for (std::size_t i = 0; i < size; ++i) system_(i, i) += 1.0;
    const int info =
        kernels::SolvePositiveDefinite(static_cast<int>(size), system_.data(), right_.data());
    if (info != 0) Fail<NotFinite>("a row has no solution ({}); raise the L2", info);
  }

  const Matrix<double>& others_;
  const std::vector<double>& gramian_;
  const IalsOptions& options_;
  std::vector<double> root_, right_, weight_root_, target_;
  Matrix<double> scaled_, system_;
};

Matrix<float> ToFloat(const Matrix<double>& rows) {
  Matrix<float> result(rows.rows(), rows.cols());
  std::transform(rows.data(), rows.data() + rows.size(), result.data(),
                 [](double x) { return static_cast<float>(x); });
  return result;
}

}  // namespace

Ials::Ials(const WeightedListsView& lists, std::size_t items, const IalsOptions& options,
           std::uint64_t seed)
    : lists_(lists),
      users_of_(ByItem(lists, items)),
      options_(options),
      user_(lists.lists.users(), options.width),
      item_(items, options.width) {
  Matrix<float> start(items, options.width);
  const double deviation = kIalsDeviation / std::sqrt(static_cast<double>(options.width));
  DrawNormalRows(start, static_cast<float>(deviation), seed, Role::kInitialItem, 0);
  std::ranges::copy(start.view().elements(), item_.data());
}

Ials::Ials(WeightedLists lists, std::size_t items, const IalsOptions& options, std::uint64_t seed)
    : Ials(lists.view(), items, options, seed) {
  own_ = std::move(lists);  // what lists_ views moves along
}

void Ials::Solve(const WeightedListsView& lists, const Matrix<double>& others, Matrix<double>& rows,
                 const Parallel& parallel) const {
  const Axes axes = AxesOf(GramianOf(others, parallel));
  Matrix<double> turned(others.rows(), others.cols()), solved(rows.rows(), rows.cols());
  Turn(others, axes.axes, Op::kTranspose, turned, parallel);
  parallel.ForRanges(rows.rows(), kSolveGrain, [&](std::size_t begin, std::size_t end) {
    RowSolver solver(turned, axes.values, options_);
    for (std::size_t r = begin; r < end; ++r) {
      solver.Solve(lists.lists.Of(r), lists.WeightsOf(r), lists.TargetsOf(r), solved.row(r));
    }
  });
  Turn(solved, axes.axes, Op::kNone, rows, parallel);
}

void Ials::Sweep(const Parallel& parallel) {
  Solve(lists_, item_, user_, parallel);
  Solve(users_of_.view(), user_, item_, parallel);
}

StoredFactors Ials::ToModel(std::string_view kind) const {
  return {kind, ToFloat(user_), ToFloat(item_)};
}

}  // namespace derrd
