#include "derrd/train/sgd.h"

#include "derrd/kernels/row_updates.h"
#include "derrd/train/selected_rows.h"

namespace derrd {

void Sgd::MoveRows(const Parallel& parallel) {
  for (EmbeddingTable* table : tables_) {
    ForSelectedRows(*table, parallel, [&](std::size_t r, const float* gradient) {
      kernels::SgdStep(table->values.row(r), gradient, table->values.cols(), rate_, l2_);
    });
  }
}

}  // namespace derrd
