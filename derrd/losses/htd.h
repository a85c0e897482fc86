// Hierarchical Topology Distillation (Kang, Hwang, Kweon, Yu, "Topology Distillation for
// Recommender System", KDD 2021, section 4.2). Entities stand in groups that are learned:
//   group(n) = argmax_m (t_n S + b)_m      users and items have groups of their own
// by the loss of Distillation Experts (losses/de.h), one expert a group. The topology that is
// distilled has two levels: within each group, and between entities and the groups' prototypes P_g,
// the means of their members' rows,
//   L = sum_{(i,j) in one group, cos(t_i,t_j) > 0} ( cos(t_i, t_j) - cos(s_i, s_j) )^2
//     + sum_g sum_i ( cos(P^t_g, t_i) - cos(P^s_g, s_i) )^2
// No gradient flows into prototypes.
#ifndef DERRD_LOSSES_HTD_H_
#define DERRD_LOSSES_HTD_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "derrd/core/buffer_pool.h"
#include "derrd/core/matrix.h"
#include "derrd/core/parallel.h"
#include "derrd/losses/cosine.h"

namespace derrd {

// Which rows stand in which group. Groups without rows are left out.
struct Grouping {
  std::vector<std::size_t> begin;   // groups + 1: group g's rows are rows[begin[g], begin[g + 1])
  std::vector<std::uint32_t> rows;  // by group, ascending within each

  std::size_t groups() const { return begin.size() - 1; }
};

// group_of[n] in [0, groups): the group of row n.
Grouping GroupRows(std::span<const std::uint32_t> group_of, std::size_t groups);

// group_of[n] = first + argmax_m (teacher_n selection + bias)_m, the first of equals. teacher: n x
// dT, selection: dT x M, bias: M numbers. O(n dT M).
template <typename T>
void AssignGroups(MatrixView<const T> teacher, MatrixView<const T> selection,
                  std::span<const T> bias, std::uint32_t first, std::span<std::uint32_t> group_of,
                  const Parallel& parallel);

// The mean of each group's rows; prototypes: groups x d. O(n d).
template <typename T>
void Prototypes(MatrixView<const T> rows, const Grouping& grouping, Matrix<T>& prototypes);

// Computes the loss; keeps its memory from step to step. Not for several threads at once; the work
// inside runs on the given ones, with the same bits at any number of them.
template <typename T>
class HtdLoss {
 public:
  // student: n x dS, teacher: n x dT, and both sides' prototypes. Returns L and overwrites
  // student_gradient (n x dS) with weight * its gradient. Rows of length 0: see UnitRows.
  // Cost: sum_g (n_g^2 + n) (2 dT + 4 dS) operations.
  double Compute(MatrixView<const T> student, MatrixView<const T> teacher, const Grouping& grouping,
                 MatrixView<const T> student_prototypes, MatrixView<const T> teacher_prototypes,
                 T weight, MatrixView<T> student_gradient, const Parallel& parallel);

 private:
  // Rows [begin, end) of the order by group, and all rows of their group.
  struct Block {
    std::size_t begin, end, group_begin, group_end;
  };
  static std::vector<Block> Blocks(const Grouping& grouping);

  Matrix<T> sorted_, gradient_;  // in the order by group
  UnitRows<T> student_, teacher_, student_prototypes_, teacher_prototypes_;
  BufferPool<T> student_tiles_, teacher_tiles_;
};

extern template void AssignGroups(MatrixView<const float>, MatrixView<const float>,
                                  std::span<const float>, std::uint32_t, std::span<std::uint32_t>,
                                  const Parallel&);
extern template void AssignGroups(MatrixView<const double>, MatrixView<const double>,
                                  std::span<const double>, std::uint32_t, std::span<std::uint32_t>,
                                  const Parallel&);
extern template void Prototypes(MatrixView<const float>, const Grouping&, Matrix<float>&);
extern template void Prototypes(MatrixView<const double>, const Grouping&, Matrix<double>&);
extern template class HtdLoss<float>;
extern template class HtdLoss<double>;

}  // namespace derrd

#endif  // DERRD_LOSSES_HTD_H_
