// A model in a quarter of its bytes.
#ifndef DERRD_EXPORT_INT8_FILE_H_
#define DERRD_EXPORT_INT8_FILE_H_

#include "derrd/core/file.h"
#include "derrd/models/model.h"

namespace derrd {

// A safetensors file of the kind "int8": user_int8, item_int8 (I8, rows x width), user_scale,
// item_scale (F32, rows), and ids and item names as in a model file. The caller commits.
void WriteInt8(const ModelFile& model, const FactorView& factors, OutputFile& file);

}  // namespace derrd

#endif  // DERRD_EXPORT_INT8_FILE_H_
