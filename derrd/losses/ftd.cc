#include "derrd/losses/ftd.h"

#include <algorithm>
#include <cassert>
#include <vector>

namespace derrd {
namespace {

constexpr std::size_t kFtdRows = 128;  // rows that a task compares with all others

}  // namespace

// Each pair stands in the sum twice, and so does its gradient: 2 (2 D).
template <typename T>
double FtdLoss<T>::Compute(MatrixView<const T> student, MatrixView<const T> teacher, T weight,
                           MatrixView<T> student_gradient, const Parallel& parallel) {
  assert(student.rows() == teacher.rows() && student.rows() == student_gradient.rows());
  const std::size_t n = student.rows();
  student_.Set(student, parallel);
  teacher_.Set(teacher, parallel);
  const UnitPair<T> all{student_.view(), teacher_.view()};
  std::vector<double> parts((n + kFtdRows - 1) / kFtdRows);
  parallel.For(parts.size(), [&](std::size_t part) {
    const std::size_t begin = part * kFtdRows, end = std::min(n, begin + kFtdRows);
    const MatrixView<T> gradient = student_gradient.Rows(begin, end);
    std::ranges::fill(gradient.elements(), T{0});
    SimilarityTiles<T> tiles{student_tiles_.Take(), teacher_tiles_.Take()};
    parts[part] =
        AddSimilarityGap(all.Rows(begin, end), all, Compared::kAll, 4 * weight, gradient, tiles);
    student_tiles_.Give(std::move(tiles.student));
    teacher_tiles_.Give(std::move(tiles.teacher));
  });
  student_.Backward(student_gradient, parallel);
  return TreeSum(parts);
}

template class FtdLoss<float>;
template class FtdLoss<double>;

}  // namespace derrd
