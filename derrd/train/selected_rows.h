// What the optimizers share: work on the rows that a step has selected.
#ifndef DERRD_TRAIN_SELECTED_ROWS_H_
#define DERRD_TRAIN_SELECTED_ROWS_H_

#include <algorithm>
#include <cstddef>
#include <span>

#include "derrd/core/parallel.h"
#include "derrd/core/parameter.h"

namespace derrd {

inline constexpr std::size_t kElementsPerTask = 4096;

inline std::size_t RowsPerTask(std::size_t width) {
  return std::max<std::size_t>(1, kElementsPerTask / std::max<std::size_t>(width, 1));
}

// Calls move(rows, their gradients one after the other) for ranges of the table's selected rows,
// from several threads.
template <typename Move>
void ForSelectedRows(const EmbeddingTable& table, const Parallel& parallel, const Move& move) {
  parallel.ForRanges(
      table.rows.size(), RowsPerTask(table.values.cols()), [&](std::size_t begin, std::size_t end) {
        move(std::span(table.rows).subspan(begin, end - begin), table.gradient.row(begin));
      });
}

}  // namespace derrd

#endif  // DERRD_TRAIN_SELECTED_ROWS_H_
