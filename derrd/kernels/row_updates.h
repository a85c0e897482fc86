// The arithmetic of one step of the optimizers that touch a batch's rows alone and keep little or
// no state, with L2 added to the gradient: g = gradient + l2 * w. (Adam's stands in adam.h.)
// Square roots and divisions are exact (correctly rounded).
#ifndef DERRD_KERNELS_ROW_UPDATES_H_
#define DERRD_KERNELS_ROW_UPDATES_H_

#include <cstddef>

namespace derrd::kernels {

struct AdagradConstants {
  float rate, epsilon, l2;
};

// One step of Adagrad (Duchi, Hazan and Singer, JMLR 2011, diagonal form) for n parameters:
//   sum += g^2;  w -= rate * g / (sqrt(sum) + epsilon)
void AdagradStep(float* w, float* sum, const float* gradient, std::size_t n,
                 const AdagradConstants& constants);

// One step of gradient descent for n parameters: w -= rate * g.
void SgdStep(float* w, const float* gradient, std::size_t n, float rate, float l2);

}  // namespace derrd::kernels

#endif  // DERRD_KERNELS_ROW_UPDATES_H_
