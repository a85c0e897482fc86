#include "derrd/train/sgd.h"

#include "derrd/kernels/row_updates.h"
#include "derrd/train/selected_rows.h"

namespace derrd {

void Sgd::MoveRows(const Parallel& parallel) {
  ForSelectedRows(
      tables_, parallel,
      [&](TableState& state, std::span<const std::int32_t> rows, const float* gradients) {
        Matrix<float>& values = state.table->values;
        const std::size_t width = values.cols();
        for (std::size_t i = 0; i < rows.size(); ++i) {
          kernels::SgdStep(values.row(static_cast<std::size_t>(rows[i])), gradients + i * width,
                           width, rate_, l2_);
        }
      });
}

}  // namespace derrd
