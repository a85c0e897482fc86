#include "derrd/train/adagrad.h"

#include "derrd/train/selected_rows.h"

namespace derrd {

Adagrad::Adagrad(const OptimizerOptions& options)
    : Optimizer(options),
      constants_{static_cast<float>(options.TableRate()), static_cast<float>(options.epsilon),
                 static_cast<float>(options.l2)} {}

void Adagrad::Add(EmbeddingTable* table) {
  tables_.push_back({table, Matrix<float>(table->values.rows(), table->values.cols())});
}

void Adagrad::MoveRows(const Parallel& parallel) {
  ForSelectedRows(tables_, parallel,
                  [&](TableState& state, const kernels::RowList& list, const float* gradients) {
                    kernels::AdagradStepRows(state.table->values.data(), state.squares.data(),
                                             state.squares.cols(), list, gradients, constants_);
                  });
}

void Adagrad::AddTableState(std::vector<NamedMatrix>& state) {
  for (TableState& own : tables_) state.push_back({own.table->name + "/squares", own.squares});
}

}  // namespace derrd
