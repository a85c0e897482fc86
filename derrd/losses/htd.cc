#include "derrd/losses/htd.h"

#include <algorithm>
#include <cassert>

#include "derrd/kernels/gemm.h"
#include "derrd/kernels/vectors.h"

namespace derrd {
namespace {

using kernels::Gemm;
using kernels::Op;

constexpr std::size_t kHtdRows = 128;  // rows of a group that a task compares

template <typename T>
void SortRows(MatrixView<const T> rows, const Grouping& grouping, Matrix<T>& sorted) {
  sorted.Reshape(rows.rows(), rows.cols());
  for (std::size_t i = 0; i < grouping.rows.size(); ++i) {
    std::copy_n(rows.row(grouping.rows[i]), rows.cols(), sorted.row(i));
  }
}

}  // namespace

Grouping GroupRows(std::span<const std::uint32_t> group_of, std::size_t groups) {
  std::vector<std::size_t> next(groups + 1, 0);
  for (const std::uint32_t group : group_of) ++next[group + 1];
  Grouping grouping;
  grouping.begin.push_back(0);
  for (std::size_t g = 0; g < groups; ++g) {
    next[g + 1] += next[g];
    if (next[g + 1] > next[g]) grouping.begin.push_back(next[g + 1]);
  }
  grouping.rows.resize(group_of.size());
  for (std::size_t n = 0; n < group_of.size(); ++n) {
    grouping.rows[next[group_of[n]]++] = static_cast<std::uint32_t>(n);
  }
  return grouping;
}

template <typename T>
void AssignGroups(MatrixView<const T> teacher, MatrixView<const T> selection,
                  std::span<const T> bias, std::uint32_t first, std::span<std::uint32_t> group_of,
                  const Parallel& parallel) {
  const std::size_t groups = selection.cols(), width = teacher.cols();
  parallel.ForRanges(teacher.rows(), kHtdRows, [&](std::size_t begin, std::size_t end) {
    Matrix<T> logits(end - begin, groups);
    for (std::size_t r = 0; r < logits.rows(); ++r) std::ranges::copy(bias, logits.row(r));
    Gemm(Op::kNone, Op::kNone, end - begin, groups, width, T{1}, teacher.row(begin), width,
         selection.data(), groups, T{1}, logits.data(), groups);
    for (std::size_t r = 0; r < logits.rows(); ++r) {
      const T* row = logits.row(r);
      group_of[begin + r] =
          first + static_cast<std::uint32_t>(std::max_element(row, row + groups) - row);
    }
  });
}

template <typename T>
void Prototypes(MatrixView<const T> rows, const Grouping& grouping, Matrix<T>& prototypes) {
  prototypes.Reshape(grouping.groups(), rows.cols());
  for (std::size_t g = 0; g < grouping.groups(); ++g) {
    T* mean = prototypes.row(g);
    std::fill_n(mean, rows.cols(), T{0});
    const std::size_t begin = grouping.begin[g], end = grouping.begin[g + 1];
    const T share = T{1} / static_cast<T>(end - begin);
    for (std::size_t i = begin; i < end; ++i) {
      kernels::AddScaled(share, rows.row(grouping.rows[i]), rows.cols(), mean);
    }
  }
}

template <typename T>
auto HtdLoss<T>::Blocks(const Grouping& grouping) -> std::vector<Block> {
  std::vector<Block> blocks;
  for (std::size_t g = 0; g < grouping.groups(); ++g) {
    const std::size_t group_begin = grouping.begin[g], group_end = grouping.begin[g + 1];
    for (std::size_t begin = group_begin; begin < group_end; begin += kHtdRows) {
      blocks.push_back({begin, std::min(begin + kHtdRows, group_end), group_begin, group_end});
    }
  }
  return blocks;
}

// Within a group each pair stands in the sum twice, so its gradient is 2 (2 D); against prototypes,
// which are held fixed, once.
template <typename T>
double HtdLoss<T>::Compute(MatrixView<const T> student, MatrixView<const T> teacher,
                           const Grouping& grouping, MatrixView<const T> student_prototypes,
                           MatrixView<const T> teacher_prototypes, T weight,
                           MatrixView<T> student_gradient, const Parallel& parallel) {
  assert(student.rows() == teacher.rows() && student.rows() == student_gradient.rows() &&
         student.rows() == grouping.rows.size());
  SortRows(student, grouping, sorted_);
  student_.Set(sorted_, parallel);
  SortRows(teacher, grouping, sorted_);
  teacher_.Set(sorted_, parallel);
  student_prototypes_.Set(student_prototypes, parallel);
  teacher_prototypes_.Set(teacher_prototypes, parallel);
  const UnitPair<T> all{student_.view(), teacher_.view()};
  const UnitPair<T> prototypes{student_prototypes_.view(), teacher_prototypes_.view()};

  gradient_.Reshape(student.rows(), student.cols());
  const std::vector<Block> blocks = Blocks(grouping);
  std::vector<double> parts(blocks.size());
  parallel.For(blocks.size(), [&](std::size_t b) {
    const auto [begin, end, group_begin, group_end] = blocks[b];
    const MatrixView<T> gradient = gradient_.view().Rows(begin, end);
    std::ranges::fill(gradient.elements(), T{0});
    const UnitPair<T> rows = all.Rows(begin, end);
    SimilarityTiles<T> tiles{student_tiles_.Take(), teacher_tiles_.Take()};
    parts[b] = AddSimilarityGap(rows, all.Rows(group_begin, group_end), Compared::kPositive,
                                4 * weight, gradient, tiles) +
               AddSimilarityGap(rows, prototypes, Compared::kAll, 2 * weight, gradient, tiles);
    student_tiles_.Give(std::move(tiles.student));
    teacher_tiles_.Give(std::move(tiles.teacher));
  });
  student_.Backward(gradient_, parallel);
  for (std::size_t i = 0; i < grouping.rows.size(); ++i) {
    std::copy_n(gradient_.row(i), gradient_.cols(), student_gradient.row(grouping.rows[i]));
  }
  return TreeSum(parts);
}

template void AssignGroups(MatrixView<const float>, MatrixView<const float>, std::span<const float>,
                           std::uint32_t, std::span<std::uint32_t>, const Parallel&);
template void AssignGroups(MatrixView<const double>, MatrixView<const double>,
                           std::span<const double>, std::uint32_t, std::span<std::uint32_t>,
                           const Parallel&);
template void Prototypes(MatrixView<const float>, const Grouping&, Matrix<float>&);
template void Prototypes(MatrixView<const double>, const Grouping&, Matrix<double>&);
template class HtdLoss<float>;
template class HtdLoss<double>;

}  // namespace derrd
