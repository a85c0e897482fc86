// The arithmetic of Adam with L2 (Kingma and Ba, ICLR 2015, Algorithm 1; L2 added to the gradient),
// in the order of operations that dense implementations use:
//   g = gradient + l2 * w;  m = beta1 m + (1 - beta1) g;  v = beta2 v + (1 - beta2) g^2;
//   w -= step_size * m / (sqrt(v) * root_scale + epsilon)
// with step_size = rate / (1 - beta1^t) and root_scale = 1 / sqrt(1 - beta2^t) at step t = 1, 2,
// ... Square roots and divisions are exact (correctly rounded), so replaying a to b and then b to c
// gives the bits of a to c.
#ifndef DERRD_KERNELS_ADAM_H_
#define DERRD_KERNELS_ADAM_H_

#include <cstddef>
#include <cstdint>

#include "derrd/kernels/row_list.h"

namespace derrd::kernels {

struct AdamConstants {
  float beta1, beta2, epsilon, l2;
};

// What bias correction makes of step t.
struct AdamStepScale {
  float step_size, root_scale;
};

// One step of n parameters.
void AdamStep(float* w, float* m, float* v, const float* gradient, std::size_t n,
              const AdamStepScale& scale, const AdamConstants& constants);

// A table of rows and its moments, row-major without gaps; width >= 1.
struct AdamRows {
  float* w;
  float* m;
  float* v;
  std::size_t width;
};

// One step of distinct rows: gradients + i * width is that of list.rows[i].
void AdamStepRows(const AdamRows& table, const RowList& list, const float* gradients,
                  const AdamStepScale& scale, const AdamConstants& constants);

// Brings rows[i] from step from[i] to step `to` by the steps whose gradient was zero (L2 and the
// moments still move it): steps from[i] + 1 ... to, where scales[t] belongs to step t. Rows are
// distinct; `from` ascending is fastest, since neighbours are replayed together, each for as many
// steps as the one that is furthest behind. The replay is bound by square roots and divisions: ends
// of rows are gathered so that every lane does some, and several vectors are in flight.
void AdamReplay(const AdamRows& table, const std::int32_t* rows, const std::int32_t* from,
                std::size_t count, std::int32_t to, const AdamStepScale* scales,
                const AdamConstants& constants);

}  // namespace derrd::kernels

#endif  // DERRD_KERNELS_ADAM_H_
