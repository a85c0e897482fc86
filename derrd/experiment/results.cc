#include "derrd/experiment/results.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "derrd/core/file.h"
#include "derrd/core/json_lines.h"

namespace derrd {
namespace {

using Json = nlohmann::ordered_json;

const char* Name(RunRole role) {
  switch (role) {
    case RunRole::kTeacher:
      return "teacher";
    case RunRole::kTrial:
      return "trial";
    case RunRole::kStudent:
      return "student";
  }
  return "";
}

void AddStudent(const Plan& plan, const Run& run, Json& line) {
  const Cell& cell = plan.cells[run.cell];
  line["student"] = cell.student;
  line["method"] = cell.method;
  line["width"] = cell.width;
  line["seed"] = run.seed;
  line["values"] = Json::object();
  for (const Flag& flag : run.values) line["values"][flag.name] = flag.value;
  if (run.role == RunRole::kTrial) line["rung"] = run.rung;
  if (run.stages > 0) line["stages"] = run.stages;
  line["teacher_run"] = run.teacher_run;
}

Json LineOf(const Plan& plan, const Run& run, const Json& facts) {
  Json line = {{"role", Name(run.role)},
               {"run", run.name},
               {"data", plan.data[run.data].name},
               {"teacher", plan.teachers[run.teacher].name}};
  if (run.role == RunRole::kTeacher) {
    line["seed"] = run.seed;
  } else {
    AddStudent(plan, run, line);
  }
  line["metric"] = plan.data[run.data].metric;
  line["log"] = "runs/" + run.name + ".jsonl";
  for (const auto& [key, value] : facts.items()) {
    if (run.role == RunRole::kTrial && key != "config" && key != "valid" && key != "epochs" &&
        key != "seconds" && key != "error") {
      continue;  // a trial is chosen by validation alone, also where its model is a student's
    }
    if (key != "overlap") {
      line[key] = value;
    } else if (value.contains(run.teacher_run)) {
      line[key] = value.at(run.teacher_run);
    }
  }
  return line;
}

}  // namespace

std::string RunsFolder(const std::string& folder) { return folder + "/runs"; }
std::string ResultsPath(const std::string& folder) { return folder + "/results.jsonl"; }

void WriteResults(const Plan& plan, const std::vector<Run>& runs, RunFiles& files,
                  const std::string& folder) {
  std::string text;
  for (const Run& run : runs) {
    const Json& facts = files.Facts(run.name);
    const bool tested = run.role == RunRole::kTrial || facts.contains("test");
    if (facts.is_null() || (!tested && !facts.contains("error"))) continue;
    text += LineOf(plan, run, facts).dump() + "\n";
  }
  WriteTextFile(ResultsPath(folder), text);
}

std::string KeepOtherResults(const std::set<std::string>& runs, const std::string& folder) {
  const std::vector<Json> lines = ReadJsonLines(ResultsPath(folder));
  const bool others = std::ranges::any_of(
      lines, [&](const Json& line) { return !runs.contains(line.value("run", "")); });
  if (!others) return "";
  std::string kept = folder + "/results.previous.jsonl";
  for (int number = 2; std::filesystem::exists(kept); ++number) {
    kept = fmt::format("{}/results.previous-{}.jsonl", folder, number);
  }
  WriteTextFile(kept, ReadTextFile(ResultsPath(folder)));
  return kept;
}

}  // namespace derrd
