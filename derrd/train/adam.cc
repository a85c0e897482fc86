#include "derrd/train/adam.h"

#include <algorithm>
#include <array>
#include <bit>
#include <numeric>
#include <utility>

#include "derrd/train/selected_rows.h"

namespace derrd {
namespace {

// Ages in ascending classes: exact while they are small, then sixteen an octave.
constexpr std::size_t kAgeClasses = 448;
std::size_t AgeClass(std::int32_t age) {
  constexpr int kExactBits = 5, kClassBits = 4;
  const auto a = static_cast<std::uint32_t>(age);
  const int bits = static_cast<int>(std::bit_width(a));
  if (bits <= kExactBits) return a;
  const std::uint32_t in_octave = (a >> (bits - 1 - kClassBits)) & ((1u << kClassBits) - 1);
  return (1u << kExactBits) + ((static_cast<unsigned>(bits - 1 - kExactBits)) << kClassBits) +
         in_octave;
}

// Rows that a task replays: enough that neighbours in order of age are of an age.
std::size_t RowsReplayed(std::size_t width) {
  constexpr std::size_t kLeast = 128;
  return std::max(kLeast, 2 * RowsPerTask(width));
}

}  // namespace

Adam::Adam(const OptimizerOptions& options)
    : Optimizer(options),
      options_(options.TableAdam()),
      constants_(options_.Constants()),
      scales_(1) {}

void Adam::Add(EmbeddingTable* table) { tables_.emplace_back(table); }

void Adam::BeginStep(const Parallel& parallel) {
  std::vector<Parallel::Range> ranges;
  for (const TableState& state : tables_) {
    ranges.push_back({state.table->rows.size(), RowsReplayed(state.table->values.cols())});
  }
  parallel.ForRanges(ranges, [&](std::size_t which, std::size_t begin, std::size_t end) {
    TableState& state = tables_[which];
    Replay(state, std::span(state.table->rows).subspan(begin, end - begin));
  });
}

void Adam::MoveRows(const Parallel& parallel) {
  scales_.push_back(options_.ScaleOf(step()));
  ForSelectedRows(
      tables_, parallel,
      [&](TableState& state, std::span<const std::int32_t> rows, const float* gradients) {
        kernels::AdamStepRows(state.moments.RowsOf(state.table->values), rows.data(), rows.size(),
                              gradients, scales_.back(), constants_);
        for (const std::int32_t row : rows) state.row_step[static_cast<std::size_t>(row)] = step();
      });
}

void Adam::Flush(const Parallel& parallel) {
  std::vector<Parallel::Range> ranges;
  for (const TableState& state : tables_) {
    ranges.push_back({state.row_step.size(), RowsReplayed(state.table->values.cols())});
  }
  parallel.ForRanges(ranges, [&](std::size_t which, std::size_t begin, std::size_t end) {
    std::vector<std::int32_t> rows(end - begin);
    std::iota(rows.begin(), rows.end(), static_cast<std::int32_t>(begin));
    Replay(tables_[which], rows);
  });
}

void Adam::SetStep(std::int32_t step) {
  Optimizer::SetStep(step);
  scales_.resize(1);
  for (std::int32_t t = 1; t <= step; ++t) scales_.push_back(options_.ScaleOf(t));
  for (TableState& state : tables_) std::ranges::fill(state.row_step, step);
}

void Adam::AddTableState(std::vector<NamedMatrix>& state) {
  for (TableState& own : tables_) own.moments.AddState(own.table->name, state);
}

// The longest asleep first (a counting sort), so that rows replayed together have about the same
// number of steps ahead of them.
void Adam::Replay(TableState& state, std::span<const std::int32_t> rows) {
  std::vector<std::int32_t> stands_at(rows.size());  // steps lie scattered: they are fetched once
  std::array<std::uint32_t, kAgeClasses> next{};     // [0] of the awake, which have no place
  const auto age_class = [now = step()](std::int32_t since) { return AgeClass(now - since); };
  for (std::size_t i = 0; i < rows.size(); ++i) {
    stands_at[i] = state.row_step[static_cast<std::size_t>(rows[i])];
    ++next[age_class(stands_at[i])];
  }
  next[0] = 0;
  std::uint32_t behind = 0;
  for (std::size_t c = kAgeClasses - 1; c > 0; --c) behind += std::exchange(next[c], behind);
  std::vector<std::int32_t> sorted(behind), since(behind);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (stands_at[i] == step()) continue;
    const std::size_t at = next[age_class(stands_at[i])]++;
    sorted[at] = rows[i];
    since[at] = stands_at[i];
    state.row_step[static_cast<std::size_t>(rows[i])] = step();
  }
  kernels::AdamReplay(state.moments.RowsOf(state.table->values), sorted.data(), since.data(),
                      behind, step(), scales_.data(), constants_);
}

}  // namespace derrd
