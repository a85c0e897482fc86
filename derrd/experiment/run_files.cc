#include "derrd/experiment/run_files.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>

#include "derrd/core/error.h"
#include "derrd/core/file.h"
#include "derrd/core/json_lines.h"
#include "derrd/train/checkpoint_files.h"

namespace derrd {
namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

// The last that is not empty.
std::string LastLine(const std::string& path) {
  std::ifstream file(path);
  std::string last;
  for (std::string line; std::getline(file, line);) {
    if (!line.empty()) last = line;
  }
  return last;
}

}  // namespace

std::string RunFiles::Path(const std::string& run, const char* ending) const {
  return folder_ + "/" + run + ending;
}

const Json& RunFiles::Facts(const std::string& run) {
  const auto [at, fresh] = facts_.try_emplace(run);
  const std::string path = Path(run, ".json");
  if (fresh && fs::exists(path)) {
    Json facts = Json::parse(ReadTextFile(path), nullptr, /*allow_exceptions=*/false);
    if (facts.is_object()) at->second = std::move(facts);
  }
  return at->second;
}

void RunFiles::SetFacts(const std::string& run, Json facts) {
  WriteTextFile(Path(run, ".json"), facts.dump() + "\n");
  facts_[run] = std::move(facts);
}

void RunFiles::RemoveModel(const std::string& run) {
  std::error_code ignored;
  fs::remove(Model(run), ignored);
}

void RunFiles::Forget(const std::string& run) {
  RemoveModel(run);
  std::error_code ignored;
  fs::remove(Path(run, ".json"), ignored);
  facts_.erase(run);
}

Json TrainedFacts(const ModelFile& file, const std::string& path, const std::string& log) {
  Json facts = {{"config", file.config},
                {"valid", file.metrics},
                {"parameters", file.model->parameters()},
                {"bytes", fs::file_size(path)}};
  const std::vector<Json> epochs = ReadJsonLines(log);
  double seconds = 0;
  for (const Json& epoch : epochs) {
    seconds += epoch.value("train_seconds", 0.0) + epoch.value("evaluate_seconds", 0.0);
  }
  facts["epochs"] = epochs.size();
  facts["seconds"] = seconds;
  return facts;
}

std::vector<std::string> StagesOf(RunFiles& files, const std::string& run, std::size_t count) {
  const auto best = files.Facts(run).at("config").value(config_keys::kBestEpoch, std::int32_t{0});
  std::vector<std::string> kept;
  for (std::int32_t epochs = 1; epochs <= best; ++epochs) {
    const std::string path = KeptModelPath(files.Model(run), epochs);
    if (fs::exists(path)) kept.push_back(path);
  }
  if (kept.empty()) {
    Fail("{}: was best after {} epochs and keeps no earlier model; lower the teacher's keep-every",
         run, best + 1);
  }
  std::vector<std::string> stages;
  for (std::size_t s = 1; s <= count; ++s) {
    const std::string& path = kept[s * kept.size() / (count + 1)];
    if (stages.empty() || stages.back() != path) stages.push_back(path);
  }
  return stages;
}

std::string LastWords(const RunFiles& files, const std::string& run) {
  return LastLine(files.Said(run));
}

std::string LastEpoch(const RunFiles& files, const std::string& run, const std::string& metric) {
  const Json epoch = Json::parse(LastLine(files.Log(run)), nullptr, /*allow_exceptions=*/false);
  if (!epoch.is_object() || !epoch.contains("epoch")) return "";  // none yet, or half of a line
  std::string text = fmt::format("epoch {}", epoch["epoch"].dump());
  if (const Json valid = epoch.value("valid", Json::object()); valid.contains(metric)) {
    text += fmt::format(", {} {:.4f}", metric, valid[metric].get<double>());
  }
  return text;
}

}  // namespace derrd
