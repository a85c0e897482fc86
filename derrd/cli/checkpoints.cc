#include "derrd/cli/checkpoints.h"

#include <fmt/ranges.h>

#include <iostream>
#include <set>

#include "derrd/core/error.h"
#include "derrd/core/version.h"

namespace derrd::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kConfigKey = "derrd.config";
constexpr const char* kProgramKey = "derrd.program";
constexpr const char* kLogTensor = "log";

void Tell(const std::string& sentence) { std::cerr << "derrd: " << sentence << std::endl; }

std::string Text(const Json& object, const std::string& key) {
  return object.contains(key) ? object.at(key).dump() : "not set";
}

// Appends "de.experts is 4 there and 5 here" for everything that differs.
void Compare(const Json& there, const Json& here, const std::string& prefix,
             std::vector<std::string>& differences) {
  std::set<std::string> keys;
  for (const Json* side : {&there, &here}) {
    for (const auto& [key, value] : side->items()) keys.insert(key);
  }
  for (const std::string& key : keys) {
    const bool objects = there.contains(key) && here.contains(key) && there.at(key).is_object() &&
                         here.at(key).is_object();
    if (objects) {
      Compare(there.at(key), here.at(key), prefix + key + ".", differences);
    } else if (Text(there, key) != Text(here, key)) {
      differences.push_back(fmt::format("{}{} is {} there and {} here", prefix, key,
                                        Text(there, key), Text(here, key)));
    }
  }
}

void CheckSameRun(const SafetensorsFile& file, const std::string& config) {
  std::vector<std::string> differences;
  const std::string program = file.MetadataOr(kProgramKey, "");
  if (program != Version()) {
    differences.push_back(fmt::format("derrd is {} there and {} here", program, Version()));
  }
  const Json there = Json::parse(file.MetadataOr(kConfigKey, "{}"), nullptr, false);
  if (!there.is_object()) Fail("{}: holds no configuration; start without --resume", file.path());
  Compare(there, Json::parse(config), "", differences);
  if (differences.empty()) return;
  Fail<UsageError>(
      "--resume: {} is of another run: {}; give it the same flags, files and program, or start "
      "without --resume",
      file.path(), fmt::join(differences, ", "));
}

}  // namespace

Checkpoints::Checkpoints(const CheckpointOptions& options, const std::string& output, Json config)
    : options_(options), files_(output), config_(config.dump()) {
  if (options.resume) {
    last_ = files_.OpenLast(Tell);
    if (last_ != nullptr) {
      CheckSameRun(*last_, config_);
    } else {
      Tell(fmt::format("{}: is not there; starting from the beginning", files_.path()));
    }
  } else if (options.every > 0 && files_.Any()) {
    Tell(fmt::format("{}: an earlier run's checkpoint will be replaced; --resume goes on from it",
                     files_.path()));
  }
}

std::vector<std::string> Checkpoints::Paths(const CheckpointOptions& options,
                                            const std::string& output) {
  if (options.every == 0 && !options.resume) return {};
  const CheckpointFiles files(output);
  return {files.path(), files.previous()};
}

std::string Checkpoints::Restore(Trainer& trainer) {
  if (last_ == nullptr) return "";
  trainer.Restore(*last_);
  const auto log = last_->Elements<std::uint8_t>(kLogTensor);
  Tell(fmt::format("{}: going on after {} epochs", last_->path(), trainer.epochs()));
  std::string text(log.begin(), log.end());
  last_.reset();
  return text;
}

void Checkpoints::AfterEpoch(Trainer& trainer, const std::string& log) {
  if (options_.every == 0 || trainer.epochs() % options_.every != 0) return;
  SafetensorsWriter writer(CheckpointFiles::kKind);
  writer.SetMetadata(kProgramKey, std::string(Version()));
  writer.SetMetadata(kConfigKey, config_);
  trainer.AddTo(writer);
  writer.Add(kLogTensor, std::span<const char>(log));
  files_.Write(writer);
}

void Checkpoints::Remove() {
  if (options_.every > 0 || options_.resume) files_.Remove();
}

}  // namespace derrd::cli
