#include "derrd/train/adam.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstdint>
#include <numeric>
#include <utility>

#include "derrd/train/selected_rows.h"

namespace derrd {
namespace {

// Ages in ascending classes: 0 of the awake, then sixteen an octave, so that below 32 every age has
// its own. What a float keeps of the age says which, without a branch that chance would take.
constexpr std::size_t kAgeClasses = 512;
std::size_t AgeClass(std::int32_t age) {
  constexpr std::int32_t kDropped = 19;  // all of a float's bits but exponent and four more
  constexpr std::int32_t kBelowOne = (127 << 4) - 1;
  const auto bits = std::bit_cast<std::int32_t>(static_cast<float>(age));
  return static_cast<std::size_t>(std::max(0, (bits >> kDropped) - kBelowOne));
}

// Rows that a task replays: enough that neighbours in order of age are of an age.
constexpr std::size_t kMostReplayed = 512;
std::size_t RowsReplayed(std::size_t width) {
  constexpr std::size_t kLeast = 128;
  return std::clamp(2 * RowsPerTask(width), kLeast, kMostReplayed);
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
  ForSelectedRows(tables_, parallel,
                  [&](TableState& state, const kernels::RowList& list, const float* gradients) {
                    kernels::AdamStepRows(state.moments.RowsOf(state.table->values), list,
                                          gradients, scales_.back(), constants_);
                    for (const std::int32_t row : std::span(list.rows, list.count))
                      state.row_step[static_cast<std::size_t>(row)] = step();
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
// number of steps ahead of them; the awake last.
void Adam::Replay(TableState& state, std::span<const std::int32_t> rows) {
  assert(rows.size() <= kMostReplayed);
  std::array<std::int32_t, kMostReplayed> stands_at, sorted, since;
  std::array<std::uint16_t, kMostReplayed> classes;
  std::array<std::uint32_t, kAgeClasses> next{};
  for (std::size_t i = 0; i < rows.size(); ++i) {
    stands_at[i] = std::exchange(state.row_step[static_cast<std::size_t>(rows[i])], step());
    classes[i] = static_cast<std::uint16_t>(AgeClass(step() - stands_at[i]));
    ++next[classes[i]];
  }
  const std::size_t behind = rows.size() - next[0];
  std::uint32_t before = 0;
  for (std::size_t c = kAgeClasses; c-- > 0;) before += std::exchange(next[c], before);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::size_t at = next[classes[i]]++;
    sorted[at] = rows[i];
    since[at] = stands_at[i];
  }
  kernels::AdamReplay(state.moments.RowsOf(state.table->values), sorted.data(), since.data(),
                      behind, step(), scales_.data(), constants_);
}

}  // namespace derrd
