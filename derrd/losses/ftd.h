// Full Topology Distillation (Kang, Hwang, Kweon, Yu, "Topology Distillation for Recommender
// System", KDD 2021, section 4.1): the student's rows lie to each other as the teacher's do,
//   L = sum_i sum_j ( cos(t_i, t_j) - cos(s_i, s_j) )^2
// over all ordered pairs of a batch's entities, users and items alike.
#ifndef DERRD_LOSSES_FTD_H_
#define DERRD_LOSSES_FTD_H_

#include "derrd/core/buffer_pool.h"
#include "derrd/core/matrix.h"
#include "derrd/core/parallel.h"
#include "derrd/losses/cosine.h"

namespace derrd {

// Computes the loss; keeps its memory from step to step. Not for several threads at once; the work
// inside runs on the given ones, with the same bits at any number of them.
template <typename T>
class FtdLoss {
 public:
  // student: n x dS, teacher: n x dT. Returns L and overwrites student_gradient (n x dS) with
  // weight * its gradient. Rows of length 0: see UnitRows. n = 0 gives 0.
  // Cost: n^2 (2 dT + 4 dS) operations.
  double Compute(MatrixView<const T> student, MatrixView<const T> teacher, T weight,
                 MatrixView<T> student_gradient, const Parallel& parallel);

 private:
  UnitRows<T> student_, teacher_;
  BufferPool<T> student_tiles_, teacher_tiles_;
};

extern template class FtdLoss<float>;
extern template class FtdLoss<double>;

}  // namespace derrd

#endif  // DERRD_LOSSES_FTD_H_
