#include "derrd/train/adam.h"

#include <algorithm>
#include <numeric>

#include "derrd/train/selected_rows.h"

namespace derrd {
namespace {

constexpr std::int32_t kAgeClasses = 1024;  // rows asleep longer are replayed in any order
constexpr std::size_t kFlushedRows = std::size_t{1} << 18;  // at once: bounds the memory to sort

}  // namespace

Adam::Adam(const OptimizerOptions& options)
    : Optimizer(options),
      options_(options.TableAdam()),
      constants_(options_.Constants()),
      scales_(1) {}

void Adam::Add(EmbeddingTable* table) { tables_.push_back(std::make_unique<TableState>(table)); }

void Adam::BeginStep(const Parallel& parallel) {
  for (auto& state : tables_) Replay(*state, state->table->rows, parallel);
}

void Adam::MoveRows(const Parallel& parallel) {
  scales_.push_back(options_.ScaleOf(step()));
  for (auto& state : tables_) {
    EmbeddingTable& table = *state->table;
    const kernels::AdamRows moved = state->moments.RowsOf(table.values);
    ForSelectedRows(table, parallel,
                    [&](std::span<const std::int32_t> rows, const float* gradients) {
                      kernels::AdamStepRows(moved, rows.data(), rows.size(), gradients,
                                            scales_.back(), constants_);
                      for (const std::int32_t row : rows) {
                        state->row_step[static_cast<std::size_t>(row)] = step();
                      }
                    });
  }
}

void Adam::Flush(const Parallel& parallel) {
  std::vector<std::int32_t> rows;
  for (auto& state : tables_) {
    const std::size_t count = state->row_step.size();
    for (std::size_t begin = 0; begin < count; begin += kFlushedRows) {
      rows.resize(std::min(kFlushedRows, count - begin));
      std::iota(rows.begin(), rows.end(), static_cast<std::int32_t>(begin));
      Replay(*state, rows, parallel);
    }
  }
}

void Adam::SetStep(std::int32_t step) {
  Optimizer::SetStep(step);
  scales_.resize(1);
  for (std::int32_t t = 1; t <= step; ++t) scales_.push_back(options_.ScaleOf(t));
  for (auto& state : tables_) std::ranges::fill(state->row_step, step);
}

void Adam::AddTableState(std::vector<NamedMatrix>& state) {
  for (auto& own : tables_) own->moments.AddState(own->table->name, state);
}

// The rows that are behind, sorted by how long they have been asleep (a counting sort), so that
// rows replayed together have the same number of steps ahead of them.
void Adam::Replay(TableState& state, std::span<const std::int32_t> rows, const Parallel& parallel) {
  const auto row_step = [&](std::int32_t row) -> std::int32_t& {
    return state.row_step[static_cast<std::size_t>(row)];
  };
  const auto age_class = [&](std::int32_t row) {
    return static_cast<std::size_t>(
        std::max(0, kAgeClasses - 1 - (step() - row_step(row))));  // the oldest first
  };
  const auto is_behind = [&](std::int32_t row) { return row_step(row) < step(); };
  std::vector<std::size_t> next(kAgeClasses + 1, 0);
  for (const std::int32_t row : rows) next[age_class(row) + 1] += is_behind(row) ? 1 : 0;
  for (std::size_t c = 1; c < next.size(); ++c) next[c] += next[c - 1];
  const std::size_t behind = next.back();
  sorted_rows_.resize(behind);
  sorted_steps_.resize(behind);
  for (const std::int32_t row : rows) {
    if (!is_behind(row)) continue;
    const std::size_t at = next[age_class(row)]++;
    sorted_rows_[at] = row;
    sorted_steps_[at] = row_step(row);
  }
  Matrix<float>& values = state.table->values;
  const kernels::AdamRows table = state.moments.RowsOf(values);
  parallel.ForRanges(behind, RowsPerTask(values.cols()), [&](std::size_t begin, std::size_t end) {
    kernels::AdamReplay(table, sorted_rows_.data() + begin, sorted_steps_.data() + begin,
                        end - begin, step(), scales_.data(), constants_);
    for (std::size_t i = begin; i < end; ++i) row_step(sorted_rows_[i]) = step();
  });
}

}  // namespace derrd
