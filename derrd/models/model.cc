#include "derrd/models/model.h"

#include <algorithm>
#include <iterator>

#include "derrd/models/bpr_mf.h"
#include "derrd/models/cdae.h"
#include "derrd/models/ials.h"
#include "derrd/models/light_gcn.h"
#include "derrd/models/neu_mf.h"
#include "derrd/models/ranked_lists.h"
#include "derrd/models/representations_only.h"

namespace derrd {
namespace {

constexpr std::string_view kFileKind = "model";
constexpr std::string_view kFormatVersion = "1";

constexpr std::string_view kKindsOfFactors[] = {BprMf::kKind, LightGcn::kKind, Ials::kKind};

std::unique_ptr<Model> ReadModel(const SafetensorsFile& file) {
  const std::string kind = file.MetadataOr("derrd.model", "");
  if (kind == BprMf::kKind) return BprMf::FromFile(file);
  if (kind == LightGcn::kKind) return LightGcn::FromFile(file);
  if (kind == NeuMf::kKind) return NeuMf::FromFile(file);
  if (kind == Cdae::kKind) return Cdae::FromFile(file);
  if (kind == Ials::kKind) return std::make_unique<StoredFactors>(Ials::kKind, ReadFactors(file));
  if (kind == RankedLists::kKind) return RankedLists::FromFile(file);
  if (kind == RepresentationsOnly::kKind) return RepresentationsOnly::FromFile(file);
  Fail("{}: holds a model of the unknown kind '{}'; a newer derrd may have written it, so update",
       file.path(), kind);
}

std::unique_ptr<Model> ReadModelToAsk(const std::shared_ptr<const SafetensorsFile>& file) {
  const std::string kind = file->MetadataOr("derrd.model", "");
  const auto factors = std::ranges::find(kKindsOfFactors, kind);
  if (factors == std::end(kKindsOfFactors)) return ReadModel(*file);
  return std::make_unique<StoredFactors>(*factors, ReadFactors(*file), file);
}

// A JSON object; what is nested deeper than any of ours could exhaust the stack of who walks it.
nlohmann::ordered_json ReadJson(const SafetensorsFile& file, const std::string& key) {
  constexpr int kDeepest = 8;
  bool too_deep = false;
  const auto watch = [&](int depth, nlohmann::ordered_json::parse_event_t,
                         nlohmann::ordered_json&) {
    too_deep = too_deep || depth > kDeepest;
    return !too_deep;
  };
  const auto json = nlohmann::ordered_json::parse(file.MetadataOr(key, "{}"), watch,
                                                  /*allow_exceptions=*/false);
  if (too_deep || !json.is_object()) {
    Fail(
        "{}: its metadata '{}' is not the JSON object that it should be; the file is damaged, so "
        "make it again",
        file.path(), key);
  }
  return json;
}

ModelFile OpenWith(const std::string& path,
                   std::unique_ptr<Model> (*read)(const std::shared_ptr<const SafetensorsFile>&)) {
  const auto file = SafetensorsFile::OpenKind(path, kFileKind);
  const std::string version = file->MetadataOr("derrd.version", "");
  if (version != kFormatVersion) {
    Fail(
        "{}: is of format version '{}' and this program reads {}; train it again or use a matching "
        "derrd",
        path, version, kFormatVersion);
  }
  ModelFile result;
  result.model = read(file);
  result.user_ids = Ids::FromFile(file, "user_ids");
  result.item_ids = Ids::FromFile(file, "item_ids");
  if (file->Has("item_names.offsets")) result.item_names = Ids::FromFile(file, "item_names");
  result.config = ReadJson(*file, "derrd.config");
  result.metrics = ReadJson(*file, "derrd.metrics");
  const bool fits =
      result.user_ids.size() == result.model->users() &&
      result.item_ids.size() == result.model->items() &&
      (result.item_names.empty() || result.item_names.size() == result.item_ids.size());
  if (!fits) {
    Fail(
        "{}: has {} user ids and {} item ids for a model of {} users and {} items; the file is "
        "damaged, so make it again",
        path, result.user_ids.size(), result.item_ids.size(), result.model->users(),
        result.model->items());
  }
  return result;
}

}  // namespace

ModelFile ModelFile::Open(const std::string& path) {
  return OpenWith(path, [](const auto& file) { return ReadModel(*file); });
}

ModelFile ModelFile::OpenToAsk(const std::string& path) { return OpenWith(path, ReadModelToAsk); }

void ModelFile::Write(const std::string& path) const {
  SafetensorsWriter writer(kFileKind);
  writer.SetMetadata("derrd.version", std::string(kFormatVersion));
  writer.SetMetadata("derrd.model", std::string(model->kind()));
  writer.SetMetadata("derrd.config", config.dump());
  writer.SetMetadata("derrd.metrics", metrics.dump());
  model->AddTo(writer);
  user_ids.AddTo(writer, "user_ids");
  item_ids.AddTo(writer, "item_ids");
  if (!item_names.empty()) item_names.AddTo(writer, "item_names");
  writer.Write(path);
}

}  // namespace derrd
