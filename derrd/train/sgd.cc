#include "derrd/train/sgd.h"

#include "derrd/kernels/row_updates.h"
#include "derrd/train/selected_rows.h"

namespace derrd {

void Sgd::MoveRows(const Parallel& parallel) {
  for (EmbeddingTable* table : tables_) {
    const std::size_t width = table->values.cols();
    ForSelectedRows(*table, parallel,
                    [&](std::span<const std::int32_t> rows, const float* gradients) {
                      for (std::size_t i = 0; i < rows.size(); ++i) {
                        kernels::SgdStep(table->values.row(static_cast<std::size_t>(rows[i])),
                                         gradients + i * width, width, rate_, l2_);
                      }
                    });
  }
}

}  // namespace derrd
