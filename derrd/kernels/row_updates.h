// The arithmetic of one step of the optimizers that touch a batch's rows alone and keep little or
// no state, with L2 added to the gradient: g = gradient + l2 * w. (Adam's stands in adam.h.)
// Square roots and divisions are exact (correctly rounded).
#ifndef DERRD_KERNELS_ROW_UPDATES_H_
#define DERRD_KERNELS_ROW_UPDATES_H_

#include <cstddef>
#include <cstdint>

#include "derrd/kernels/row_list.h"

namespace derrd::kernels {

struct AdagradConstants {
  float rate, epsilon, l2;
};

// One step of Adagrad (Duchi, Hazan and Singer, JMLR 2011, diagonal form) for distinct rows of the
// tables w and sum, row-major without gaps, width >= 1; gradients + i * width is that of
// list.rows[i]:
//   sum += g^2;  w -= rate * g / (sqrt(sum) + epsilon)
void AdagradStepRows(float* w, float* sum, std::size_t width, const RowList& list,
                     const float* gradients, const AdagradConstants& constants);

// The same of gradient descent: w -= rate * g.
void SgdStepRows(float* w, std::size_t width, const RowList& list, const float* gradients,
                 float rate, float l2);

}  // namespace derrd::kernels

#endif  // DERRD_KERNELS_ROW_UPDATES_H_
