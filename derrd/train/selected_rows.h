// What the optimizers share: work on the rows that a step has selected.
#ifndef DERRD_TRAIN_SELECTED_ROWS_H_
#define DERRD_TRAIN_SELECTED_ROWS_H_

#include <algorithm>
#include <cstddef>
#include <vector>

#include "derrd/core/parallel.h"
#include "derrd/core/parameter.h"
#include "derrd/kernels/row_list.h"

namespace derrd {

inline constexpr std::size_t kElementsPerTask = 4096;

inline std::size_t RowsPerTask(std::size_t width) {
  return std::max<std::size_t>(1, kElementsPerTask / std::max<std::size_t>(width, 1));
}

// Calls move(state, list of rows, their gradients one after the other) for ranges of the selected
// rows of every state's table, from several threads. A thread goes from one range to the next, so
// the rest of the table's rows follow.
template <typename State, typename Move>
void ForSelectedRows(std::vector<State>& states, const Parallel& parallel, const Move& move) {
  std::vector<Parallel::Range> ranges;
  for (const State& state : states) {
    ranges.push_back({state.table->rows.size(), RowsPerTask(state.table->values.cols())});
  }
  parallel.ForRanges(ranges, [&](std::size_t which, std::size_t begin, std::size_t end) {
    const EmbeddingTable& table = *states[which].table;
    move(states[which],
         kernels::RowList{table.rows.data() + begin, end - begin, table.rows.size() - end},
         table.gradient.row(begin));
  });
}

}  // namespace derrd

#endif  // DERRD_TRAIN_SELECTED_ROWS_H_
