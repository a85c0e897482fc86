// Hint regression (FitNets: Romero et al., "FitNets: Hints for Thin Deep Nets", ICLR 2015, eq. 3),
// as recommender distillation uses it (the baseline of DE-RRD, CIKM 2020, section 3.1): one
// projector f: dS -> H -> dT (ReLU between) reconstructs the teacher's row from the student's,
//   L = sum_n w_n || t_n - f(s_n) ||^2
// It is the loss of Distillation Experts with one expert.
#ifndef DERRD_LOSSES_HINT_H_
#define DERRD_LOSSES_HINT_H_

#include <cstddef>
#include <span>

#include "derrd/core/matrix.h"
#include "derrd/core/parallel.h"

namespace derrd {

// Views of the projector, or of its gradient.
template <typename T>
struct ProjectorTensors {
  MatrixView<T> first;        // dS x H
  MatrixView<T> first_bias;   // 1 x H
  MatrixView<T> second;       // H x dT
  MatrixView<T> second_bias;  // 1 x dT
};

// Computes the loss; keeps its memory from step to step. Not for several threads at once; the work
// inside runs on the given ones, with the same bits at any number of them.
template <typename T>
class HintLoss {
 public:
  // student: n x dS, teacher: n x dT, row_weights: n numbers. Returns L and overwrites weight * its
  // gradients with respect to the projector and, in student_gradient (n x dS), to the student's
  // rows. n = 0 gives zero gradients. Cost: 6 n (dS H + H dT) operations.
  double Compute(const ProjectorTensors<const T>& weights, MatrixView<const T> student,
                 MatrixView<const T> teacher, std::span<const T> row_weights, T weight,
                 const ProjectorTensors<T>& gradients, MatrixView<T> student_gradient,
                 const Parallel& parallel);

 private:
  // One block of rows, there and back; returns its loss.
  double ComputeRows(const ProjectorTensors<const T>& weights, std::size_t begin, std::size_t end,
                     MatrixView<const T> student, MatrixView<const T> teacher,
                     std::span<const T> row_weights, T weight, MatrixView<T> student_gradient);

  Matrix<T> hidden_;           // n x H: after ReLU
  Matrix<T> hidden_gradient_;  // n x H
  Matrix<T> residual_;         // n x dT: dL/df
};

extern template class HintLoss<float>;
extern template class HintLoss<double>;

}  // namespace derrd

#endif  // DERRD_LOSSES_HINT_H_
