// A quarter of the bytes: each row as int8 numbers and one scale.
#ifndef DERRD_EXPORT_INT8_FILE_H_
#define DERRD_EXPORT_INT8_FILE_H_

#include <cstdint>
#include <vector>

#include "derrd/core/file.h"
#include "derrd/core/matrix.h"
#include "derrd/models/model.h"

namespace derrd {

struct Int8Rows {
  Matrix<std::int8_t> values;  // in [-127, 127]
  std::vector<float> scales;   // one a row, >= 0
};

// row ~ scale * values with scale = (the row's greatest magnitude) / 127, each number rounded to
// the nearest: off by half a scale at most. A row of zeros has the scale 0. O(rows x width).
Int8Rows QuantiseRows(MatrixView<const float> rows);

// A safetensors file of the kind "int8": user_int8, item_int8 (I8, rows x width), user_scale,
// item_scale (F32, rows), and ids and item names as in a model file. The caller commits.
void WriteInt8(const ModelFile& model, const FactorView& factors, OutputFile& file);

}  // namespace derrd

#endif  // DERRD_EXPORT_INT8_FILE_H_
