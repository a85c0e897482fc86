#include "derrd/export/int8_file.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <string>

#include "derrd/core/safetensors.h"

namespace derrd {
namespace {

constexpr float kMostInt8 = 127.0f;

void AddInt8Rows(const std::string& side, const Int8Rows& rows, SafetensorsWriter& writer) {
  writer.Add(side + "_int8", rows.values.view());
  writer.Add(side + "_scale", std::span(rows.scales));
}

}  // namespace

Int8Rows QuantiseRows(MatrixView<const float> rows) {
  Int8Rows result{{rows.rows(), rows.cols()}, std::vector<float>(rows.rows())};
  for (std::size_t r = 0; r < rows.rows(); ++r) {
    const std::span<const float> row(rows.row(r), rows.cols());
    float most = 0.0f;
    for (const float value : row) most = std::max(most, std::abs(value));
    const float scale = most / kMostInt8;
    result.scales[r] = scale;
    if (scale == 0.0f) continue;  // also where the greatest magnitude is too small to divide
    std::ranges::transform(row, result.values.row(r), [scale](float value) {
      return static_cast<std::int8_t>(
          std::clamp(std::nearbyint(value / scale), -kMostInt8, kMostInt8));
    });
  }
  return result;
}

void WriteInt8(const ModelFile& model, const FactorView& factors, OutputFile& file) {
  const Int8Rows users = QuantiseRows(factors.user), items = QuantiseRows(factors.item);
  SafetensorsWriter writer("int8");
  writer.SetMetadata("derrd.version", "1");
  writer.SetMetadata("derrd.model", std::string(model.model->kind()));
  writer.SetMetadata("derrd.score", "user_scale * item_scale * (user_int8 . item_int8)");
  AddInt8Rows("user", users, writer);
  AddInt8Rows("item", items, writer);
  model.user_ids.AddTo(writer, "user_ids");
  model.item_ids.AddTo(writer, "item_ids");
  if (!model.item_names.empty()) model.item_names.AddTo(writer, "item_names");
  writer.WriteTo(file);
}

}  // namespace derrd
