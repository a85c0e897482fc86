#include "derrd/train/row_adam.h"

#include "derrd/train/selected_rows.h"

namespace derrd {

void RowAdam::Add(EmbeddingTable* table) {
  tables_.push_back({table, Moments(table->values.rows(), table->values.cols())});
}

void RowAdam::MoveRows(const Parallel& parallel) {
  const kernels::AdamStepScale scale = options_.ScaleOf(step());
  const kernels::AdamConstants constants = options_.Constants();
  ForSelectedRows(tables_, parallel,
                  [&](TableState& state, const kernels::RowList& list, const float* gradients) {
                    kernels::AdamStepRows(state.moments.RowsOf(state.table->values), list,
                                          gradients, scale, constants);
                  });
}

void RowAdam::AddTableState(std::vector<NamedMatrix>& state) {
  for (TableState& own : tables_) own.moments.AddState(own.table->name, state);
}

}  // namespace derrd
