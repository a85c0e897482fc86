// For tests of optimizers: a small random table, and steps that touch some of its rows.
#ifndef DERRD_TRAIN_TEST_TABLES_H_
#define DERRD_TRAIN_TEST_TABLES_H_

#include <cstdint>
#include <vector>

#include "derrd/core/parameter.h"
#include "derrd/core/random.h"

namespace derrd {

inline EmbeddingTable RandomTable(std::size_t rows, std::size_t width) {
  EmbeddingTable table(Side::kItem, "table", rows, width);
  RandomStream stream(3, Role::kTest, rows, width);
  for (float& x : table.values.view().elements()) x = 0.1f * stream.Normal();
  return table;
}

// Rows of a step: each with a chance that differs by row, so that some sleep long.
inline std::vector<std::int32_t> TouchedRows(std::size_t rows, std::uint64_t step) {
  RandomStream stream(4, Role::kTest, step, 0);
  std::vector<std::int32_t> touched;
  for (std::size_t r = 0; r < rows; ++r) {
    if (stream.Uniform() < 1.0f / static_cast<float>(1 + (r % 23) * (r % 23))) {
      touched.push_back(static_cast<std::int32_t>(rows - 1 - r));
    }
  }
  return touched;
}

inline void FillGradient(EmbeddingTable& table, std::uint64_t step) {
  table.gradient.Reshape(table.rows.size(), table.values.cols());
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    RandomStream stream(5, Role::kTest, step, static_cast<std::uint64_t>(table.rows[i]));
    for (std::size_t c = 0; c < table.values.cols(); ++c) table.gradient(i, c) = stream.Normal();
  }
}

}  // namespace derrd

#endif  // DERRD_TRAIN_TEST_TABLES_H_
