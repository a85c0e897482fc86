#include "derrd/report/file_summary.h"

#include <fmt/format.h>

#include <filesystem>
#include <utility>

#include "derrd/data/dataset.h"
#include "derrd/data/item_attributes.h"
#include "derrd/models/model.h"
#include "derrd/report/table.h"

namespace derrd {
namespace {

using Json = nlohmann::ordered_json;

Json SummarizeSplit(const Interactions& split) {
  std::size_t users = 0;
  for (std::size_t user = 0; user < split.users(); ++user) users += split.Of(user).empty() ? 0 : 1;
  return {{"interactions", split.size()}, {"users", users}};
}

Json SummarizeAttributes(const Dataset& dataset) {
  Json json = Json::array();
  for (const Attribute& attribute : AttributesOf(dataset.attributes().labels)) {
    json.push_back({{"name", attribute.name},
                    {"values", attribute.values()},
                    {"items", CountItems(dataset.attributes(), attribute, dataset.items())}});
  }
  return json;
}

Json SummarizeDataset(const Dataset& dataset) {
  Json splits = {{"train", SummarizeSplit(dataset.train())},
                 {"valid", SummarizeSplit(dataset.valid())},
                 {"test", SummarizeSplit(dataset.test())}};
  if (dataset.protocol() == Protocol::kSampled) {
    splits["candidates"] = SummarizeSplit(dataset.candidates());
  }
  return {{"users", dataset.users()},
          {"items", dataset.items()},
          {"item_names", !dataset.item_names().empty()},
          {"attributes", SummarizeAttributes(dataset)},
          {"protocol", Name(dataset.protocol())},
          {"splits", std::move(splits)}};
}

Json SummarizeModel(const ModelFile& file) {
  return {{"kind", file.model->kind()},
          {"users", file.model->users()},
          {"items", file.model->items()},
          {"item_names", !file.item_names.empty()},
          {"parameters", file.model->parameters()},
          {"representation_width", file.model->representation_width()},
          {"config", file.config},
          {"metrics", file.metrics}};
}

Json SummarizeTensors(const SafetensorsFile& file) {
  Json tensors = Json::array();
  for (const auto& [name, tensor] : file.tensors()) {
    tensors.push_back({{"name", name},
                       {"dtype", Name(tensor.dtype)},
                       {"shape", tensor.shape},
                       {"bytes", tensor.bytes.size()}});
  }
  return tensors;
}

std::string Count(const Json& number) { return WithThousands(number.get<std::uint64_t>()); }

// Text without the quotes of JSON, anything else as JSON.
std::string Plain(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string KindText(const Json& summary) {
  const auto kind = summary["kind"].get<std::string>();
  return fmt::format(
      "{}: {}, {}\n", summary["path"].get<std::string>(),
      kind.empty() ? "a safetensors file of another program" : fmt::format("a derrd {}", kind),
      HumanBytes(summary["bytes"].get<std::uint64_t>()));
}

std::string AttributesText(const Json& attributes) {
  if (attributes.empty()) return "";
  Table table;
  table.AddColumn("attribute", Table::Align::kLeft);
  table.AddColumn("values");
  table.AddColumn("items with one");
  for (const Json& attribute : attributes) {
    table.AddRow({attribute["name"].get<std::string>(), Count(attribute["values"]),
                  Count(attribute["items"])});
  }
  return fmt::format("\n{}", table.ToMarkdown());
}

std::string DatasetText(const Json& dataset) {
  Table splits;
  splits.AddColumn("split", Table::Align::kLeft);
  splits.AddColumn("interactions");
  splits.AddColumn("users");
  for (const auto& [name, split] : dataset["splits"].items()) {
    splits.AddRow({name, Count(split["interactions"]), Count(split["users"])});
  }
  return fmt::format("{} users, {} items{}; evaluated by the protocol '{}'\n\n{}",
                     Count(dataset["users"]), Count(dataset["items"]),
                     dataset["item_names"].get<bool>() ? " with names" : "",
                     dataset["protocol"].get<std::string>(), splits.ToMarkdown()) +
         AttributesText(dataset["attributes"]);
}

std::string KeyValueText(const std::string& title, const Json& object) {
  if (object.empty()) return "";
  Table table;
  table.AddColumn(title, Table::Align::kLeft);
  table.AddColumn("value", Table::Align::kLeft);
  for (const auto& [key, value] : object.items()) table.AddRow({key, Plain(value)});
  return fmt::format("\n{}", table.ToMarkdown());
}

std::string ModelText(const Json& model) {
  return fmt::format("{} of {} users and {} items{}: {} parameters, representations of width {}\n",
                     model["kind"].get<std::string>(), Count(model["users"]), Count(model["items"]),
                     model["item_names"].get<bool>() ? " with names" : "",
                     Count(model["parameters"]), Count(model["representation_width"])) +
         KeyValueText("config", model["config"]) +
         KeyValueText("validation metric", model["metrics"]);
}

std::string TensorsText(const Json& tensors) {
  Table table;
  table.AddColumn("tensor", Table::Align::kLeft);
  table.AddColumn("type", Table::Align::kLeft);
  table.AddColumn("shape");
  table.AddColumn("bytes");
  for (const Json& tensor : tensors) {
    std::string shape;
    for (const Json& extent : tensor["shape"]) {
      shape.append(shape.empty() ? "" : " x ").append(Count(extent));
    }
    table.AddRow({tensor["name"].get<std::string>(), tensor["dtype"].get<std::string>(), shape,
                  Count(tensor["bytes"])});
  }
  return fmt::format("\n{}", table.ToMarkdown());
}

}  // namespace

Json SummarizeFile(const std::string& path) {
  const SafetensorsFile file(path);
  const std::string kind = file.MetadataOr("derrd.kind", "");
  Json summary = {{"path", path}, {"bytes", std::filesystem::file_size(path)}, {"kind", kind}};
  if (kind == "dataset") summary["dataset"] = SummarizeDataset(Dataset::Open(path));
  if (kind == "model") summary["model"] = SummarizeModel(ModelFile::Open(path));
  summary["metadata"] = file.metadata();
  summary["tensors"] = SummarizeTensors(file);
  return summary;
}

std::string SummaryText(const Json& summary) {
  std::string text = KindText(summary);
  if (summary.contains("dataset")) text += DatasetText(summary["dataset"]);
  if (summary.contains("model")) {
    text += ModelText(summary["model"]);  // config and metrics stand in the metadata as JSON text
  } else {
    text += KeyValueText("metadata", summary["metadata"]);
  }
  return text + TensorsText(summary["tensors"]);
}

}  // namespace derrd
