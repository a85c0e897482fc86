#include "derrd/train/row_adam.h"

#include "derrd/train/selected_rows.h"

namespace derrd {

void RowAdam::Add(EmbeddingTable* table) {
  tables_.push_back({table, Moments(table->values.rows(), table->values.cols())});
}

void RowAdam::MoveRows(const Parallel& parallel) {
  const kernels::AdamStepScale scale = options_.ScaleOf(step());
  const kernels::AdamConstants constants = options_.Constants();
  for (TableState& state : tables_) {
    Matrix<float>& values = state.table->values;
    ForSelectedRows(*state.table, parallel, [&](std::size_t r, const float* gradient) {
      kernels::AdamStep(values.row(r), state.moments.first.row(r), state.moments.second.row(r),
                        gradient, values.cols(), scale, constants);
    });
  }
}

void RowAdam::AddTableState(std::vector<NamedMatrix>& state) {
  for (TableState& own : tables_) own.moments.AddState(own.table->name, state);
}

}  // namespace derrd
