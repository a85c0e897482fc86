#include "derrd/train/sgd.h"

#include "derrd/kernels/row_updates.h"
#include "derrd/train/selected_rows.h"

namespace derrd {

void Sgd::MoveRows(const Parallel& parallel) {
  ForSelectedRows(
      tables_, parallel,
      [&](TableState& state, std::span<const std::int32_t> rows, const float* gradients) {
        Matrix<float>& values = state.table->values;
        kernels::SgdStepRows(values.data(), values.cols(), rows.data(), rows.size(), gradients,
                             rate_, l2_);
      });
}

}  // namespace derrd
