// A quarter of the bytes: each row as int8 numbers and one scale.
#ifndef DERRD_MODELS_INT8_ROWS_H_
#define DERRD_MODELS_INT8_ROWS_H_

#include <cstdint>
#include <vector>

#include "derrd/core/matrix.h"

namespace derrd {

struct Int8Rows {
  Matrix<std::int8_t> values;  // in [-127, 127]
  std::vector<float> scales;   // one a row, >= 0
};

// row ~ scale * values with scale = (the row's greatest magnitude) / 127, each number rounded to
// the nearest: off by half a scale at most. A row of zeros has the scale 0. O(rows x width).
Int8Rows QuantiseRows(MatrixView<const float> rows);

// What is left of the rows: scale * values.
Matrix<float> RestoreRows(const Int8Rows& rows);

}  // namespace derrd

#endif  // DERRD_MODELS_INT8_ROWS_H_
