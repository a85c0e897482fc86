#include "derrd/export/int8_file.h"

#include <span>
#include <string>

#include "derrd/core/safetensors.h"
#include "derrd/models/int8_rows.h"

namespace derrd {
namespace {

void AddInt8Rows(const std::string& side, const Int8Rows& rows, SafetensorsWriter& writer) {
  writer.Add(side + "_int8", rows.values.view());
  writer.Add(side + "_scale", std::span(rows.scales));
}

}  // namespace

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
