#include "derrd/train/adam.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace derrd {
namespace {

constexpr std::size_t kElementsPerTask = 16384;
constexpr std::int32_t kAgeClasses = 1024;  // rows asleep longer are replayed in any order

std::size_t RowsPerTask(std::size_t width) {
  return std::max<std::size_t>(1, kElementsPerTask / std::max<std::size_t>(width, 1));
}

}  // namespace

Adam::Adam(const AdamOptions& options)
    : constants_{static_cast<float>(options.beta1), static_cast<float>(options.beta2),
                 static_cast<float>(options.epsilon), static_cast<float>(options.l2)},
      options_(options),
      scales_(1) {}

void Adam::Add(EmbeddingTable* table) {
  const std::size_t rows = table->values.rows(), width = table->values.cols();
  auto state = std::make_unique<TableState>();
  state->table = table;
  state->first_moment = Matrix<float>(rows, width);
  state->second_moment = Matrix<float>(rows, width);
  state->row_step.assign(rows, step_);
  tables_.push_back(std::move(state));
}

void Adam::Add(DenseParameter* parameter) {
  const std::size_t rows = parameter->values.rows(), cols = parameter->values.cols();
  dense_.push_back(std::make_unique<DenseState>(
      DenseState{parameter, Matrix<float>(rows, cols), Matrix<float>(rows, cols)}));
}

void Adam::BeginStep(const Parallel& parallel) {
  for (auto& state : tables_) Replay(*state, state->table->rows, parallel);
}

void Adam::EndStep(const Parallel& parallel) {
  ++step_;
  scales_.push_back(
      {static_cast<float>(options_.learning_rate / (1.0 - std::pow(options_.beta1, step_))),
       static_cast<float>(1.0 / std::sqrt(1.0 - std::pow(options_.beta2, step_)))});
  const kernels::AdamStepScale scale = scales_.back();
  for (auto& state : tables_) {
    EmbeddingTable& table = *state->table;
    const std::size_t width = table.values.cols();
    const kernels::AdamRows rows{table.values.data(), state->first_moment.data(),
                                 state->second_moment.data(), width};
    const auto apply = [&](std::size_t begin, std::size_t end) {
      kernels::AdamStepRows(rows, table.rows.data() + begin, end - begin, table.gradient.row(begin),
                            scale, constants_);
      for (std::size_t i = begin; i < end; ++i) {
        state->row_step[static_cast<std::size_t>(table.rows[i])] = step_;
      }
    };
    parallel.ForRanges(table.rows.size(), RowsPerTask(width), apply);
  }
  for (auto& state : dense_) {
    DenseParameter& parameter = *state->parameter;
    const auto apply = [&](std::size_t begin, std::size_t end) {
      kernels::AdamStep(parameter.values.data() + begin, state->first_moment.data() + begin,
                        state->second_moment.data() + begin, parameter.gradient.data() + begin,
                        end - begin, scale, constants_);
    };
    parallel.ForRanges(parameter.values.size(), kElementsPerTask, apply);
  }
}

void Adam::Flush(const Parallel& parallel) {
  for (auto& state : tables_) {
    std::vector<std::int32_t> all(state->row_step.size());
    std::iota(all.begin(), all.end(), 0);
    Replay(*state, all, parallel);
  }
}

// Sorted by how long they have been asleep (a counting sort), so that rows replayed together have
// the same number of steps ahead of them.
void Adam::Replay(TableState& state, std::span<const std::int32_t> rows, const Parallel& parallel) {
  const auto row_step = [&](std::int32_t row) -> std::int32_t& {
    return state.row_step[static_cast<std::size_t>(row)];
  };
  const auto age_class = [&](std::int32_t row) {
    return static_cast<std::size_t>(
        std::max(0, kAgeClasses - 1 - (step_ - row_step(row))));  // the oldest first
  };
  std::vector<std::size_t> next(kAgeClasses + 1, 0);
  for (const std::int32_t row : rows) ++next[age_class(row) + 1];
  for (std::size_t c = 1; c < next.size(); ++c) next[c] += next[c - 1];
  sorted_rows_.resize(rows.size());
  sorted_steps_.resize(rows.size());
  for (const std::int32_t row : rows) {
    const std::size_t at = next[age_class(row)]++;
    sorted_rows_[at] = row;
    sorted_steps_[at] = row_step(row);
  }
  Matrix<float>& values = state.table->values;
  const kernels::AdamRows table{values.data(), state.first_moment.data(),
                                state.second_moment.data(), values.cols()};
  parallel.ForRanges(
      rows.size(), RowsPerTask(values.cols()), [&](std::size_t begin, std::size_t end) {
        kernels::AdamReplay(table, sorted_rows_.data() + begin, sorted_steps_.data() + begin,
                            end - begin, step_, scales_.data(), constants_);
        for (std::size_t i = begin; i < end; ++i) row_step(sorted_rows_[i]) = step_;
      });
}

}  // namespace derrd
