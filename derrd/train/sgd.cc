#include "derrd/train/sgd.h"

#include "derrd/kernels/row_updates.h"
#include "derrd/train/selected_rows.h"

namespace derrd {

void Sgd::MoveRows(const Parallel& parallel) {
  ForSelectedRows(tables_, parallel,
                  [&](TableState& state, const kernels::RowList& list, const float* gradients) {
                    Matrix<float>& values = state.table->values;
                    kernels::SgdStepRows(values.data(), values.cols(), list, gradients, rate_, l2_);
                  });
}

}  // namespace derrd
