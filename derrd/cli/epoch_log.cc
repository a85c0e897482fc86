#include "derrd/cli/epoch_log.h"

#include <fmt/format.h>

#include <utility>

#include "derrd/core/error.h"

namespace derrd::cli {
namespace {

using Json = nlohmann::ordered_json;

Json ToJson(const EpochReport& report) {
  Json line{{"epoch", report.epoch}};
  for (const auto& [name, loss] : report.losses) line["loss"][name] = loss;
  for (const auto& [name, value] : report.diagnostics) {
    if (!value.is_null()) line[name] = value;
  }
  if (!report.valid.empty()) line["valid"] = derrd::ToJson(report.valid);
  line["best"] = report.best;
  line["train_seconds"] = report.train_seconds;
  line["evaluate_seconds"] = report.evaluate_seconds;
  return line;
}

}  // namespace

EpochLog::EpochLog(const std::string& path, std::string lines)
    : path_(path), lines_(std::move(lines)) {
  if (path.empty()) return;
  stream_.open(path, std::ios::trunc);
  Write(lines_);
}

void EpochLog::Add(const EpochReport& report) {
  const std::string text = ToJson(report).dump() + "\n";
  lines_ += text;
  if (!path_.empty()) Write(text);
}

void EpochLog::Write(const std::string& text) {
  stream_ << text << std::flush;
  if (!stream_) FailWithErrno("write the log", path_);
}

std::string NoteOf(const EpochReport& report, const std::string& keep) {
  std::string note = fmt::format("epoch {}", report.epoch);
  for (const auto& [name, loss] : report.losses) note += fmt::format(", {} {:.4g}", name, loss);
  if (!report.valid.empty()) note += fmt::format(", {} {:.4f}", keep, report.valid.At(keep));
  return note;
}

}  // namespace derrd::cli
