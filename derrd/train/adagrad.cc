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
  for (TableState& state : tables_) {
    Matrix<float>& values = state.table->values;
    ForSelectedRows(*state.table, parallel, [&](std::size_t r, const float* gradient) {
      kernels::AdagradStep(values.row(r), state.squares.row(r), gradient, values.cols(),
                           constants_);
    });
  }
}

void Adagrad::AddTableState(std::vector<NamedMatrix>& state) {
  for (TableState& own : tables_) state.push_back({own.table->name + "/squares", own.squares});
}

}  // namespace derrd
