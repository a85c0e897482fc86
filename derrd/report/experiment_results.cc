#include "derrd/report/experiment_results.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <sstream>

#include "derrd/core/error.h"
#include "derrd/core/file.h"
#include "derrd/models/model.h"

namespace derrd {
namespace {

using Json = nlohmann::ordered_json;

bool IsResult(const Json& json) {
  const auto has = [&json](const char* key) { return json.contains(key); };
  constexpr std::array kOfAll = {"role", "run", "data", "metric"};
  constexpr std::array kOfStudents = {"teacher", "student", "method", "width", "seed"};
  return json.is_object() && std::ranges::all_of(kOfAll, has) &&
         (json["role"] != "student" || std::ranges::all_of(kOfStudents, has));
}

// A program that filters results may write null for what a line lacks.
void DropNulls(Json& json) {
  if (!json.is_object()) return;
  std::vector<std::string> missing;
  for (auto& [key, value] : json.items()) {
    if (value.is_null()) missing.push_back(key);
    DropNulls(value);
  }
  for (const std::string& key : missing) json.erase(key);
}

// Error when what is read of a line is of another kind than it should be.
void CheckKinds(const Json& json, const std::string& place) {
  const auto check = [&](std::initializer_list<const char*> keys, bool (Json::*is)() const noexcept,
                         const char* kind) {
    for (const char* key : keys) {
      if (json.contains(key) && !(json[key].*is)()) Fail("{}: '{}' is no {}", place, key, kind);
    }
  };
  check({"role", "run", "data", "metric", "teacher", "student", "method", "log", "teacher_run"},
        &Json::is_string, "text");
  check({"width", "bytes", "microseconds_per_query", "seconds", "epochs", "parameters"},
        &Json::is_number, "number");
  check({"config", "test", "valid", "overlap", "int8", "values"}, &Json::is_object, "object");
  for (const char* metrics : {"test", "valid", "overlap"}) {
    if (!json.contains(metrics)) continue;
    for (const auto& [name, value] : json[metrics].items()) {
      if (!value.is_number()) Fail("{}: '{}' of '{}' is no number", place, name, metrics);
    }
  }
}

std::vector<ExperimentRun> ReadRuns(const std::string& path) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  std::istringstream text(ReadTextFile(path));
  std::vector<ExperimentRun> runs;
  std::string line;
  for (std::size_t number = 1; std::getline(text, line); ++number) {
    Json json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
    DropNulls(json);
    const std::string place = fmt::format("{}:{}", path, number);
    if (!IsResult(json)) {
      Fail("{}: is no result of an experiment; give the results.jsonl of `derrd experiment`",
           place);
    }
    CheckKinds(json, place);
    const std::string log = (folder / json.value("log", "")).string();
    runs.push_back({std::move(json), path, log});
  }
  return runs;
}

ExperimentSetting& SettingOf(const ExperimentRun& run, std::vector<ExperimentSetting>& settings) {
  ExperimentSetting wanted{run.Text("data"),
                           run.Text("teacher"),
                           run.Text("student"),
                           run.Text("metric"),
                           run.line.at("width"),
                           {},
                           {}};
  const auto found = std::ranges::find_if(settings, [&](const ExperimentSetting& setting) {
    return setting.data == wanted.data && setting.teacher == wanted.teacher &&
           setting.student == wanted.student && setting.width == wanted.width;
  });
  if (found != settings.end()) return *found;
  return settings.emplace_back(std::move(wanted));
}

MethodRuns& MethodOf(const std::string& name, ExperimentSetting& setting) {
  const auto found = std::ranges::find(setting.methods, name, &MethodRuns::method);
  if (found != setting.methods.end()) return *found;
  return setting.methods.emplace_back(MethodRuns{name, {}, {}});
}

// What must be the same of runs that are seeds of one another: the configuration, whether searched
// or given; of a run that failed, and has none, what was searched. Of stages the number that was
// asked for, for a teacher that is best early has fewer.
Json SettingsOf(const ExperimentRun& run) {
  if (!run.line.contains("config")) return run.line.value("values", Json());
  Json config = run.line["config"];
  for (const char* of_seed : {"seed", config_keys::kTeacher, config_keys::kBestEpoch})
    config.erase(of_seed);
  if (config.contains("hetcomp")) {
    Json& stages = config["hetcomp"]["stages"];
    stages = run.line.value("stages", Json(stages.size()));
  }
  if (config.contains("als") && config["als"].contains("l2_chosen")) config["als"].erase("l2");
  return config;
}

// No mean of two settings means anything, and two runs of one seed are two settings.
void CheckSame(const std::string& what, const ExperimentRun& run, const ExperimentRun& other) {
  const bool same_seed = other.line.value("seed", Json()) == run.line.value("seed", Json());
  if (!same_seed && SettingsOf(other) == SettingsOf(run)) return;
  Fail(
      "{}: {} is {} with other settings than {}; report the files one by one, or give what differs "
      "names of its own",
      run.file, run.Text("run"), what, other.Text("run"));
}

// Of a run that several files tell of, the last counts.
void AddRun(ExperimentRun run, std::vector<ExperimentRun>& runs) {
  for (ExperimentRun& other : runs) {
    if (other.Text("run") == run.Text("run")) {
      other = std::move(run);
      return;
    }
    CheckSame("method '" + run.Text("method") + "'", run, other);
  }
  runs.push_back(std::move(run));
}

// Those that the setting's students have, but for what did not train and answers for nothing.
void AddTeachers(const std::map<std::string, ExperimentRun>& teachers, ExperimentSetting& setting) {
  for (const MethodRuns& method : setting.methods) {
    for (const ExperimentRun& run : method.runs) {
      const auto found = teachers.find(run.Text("teacher_run"));
      if (found == teachers.end() || found->second.failed()) continue;
      if (!setting.teachers.insert(*found).second) continue;
      for (const auto& [name, other] : setting.teachers) {
        if (name == found->first) continue;
        CheckSame("teacher '" + setting.teacher + "'", found->second, other);
      }
    }
  }
}

}  // namespace

std::optional<double> ExperimentRun::Test(const std::string& metric) const {
  const auto test = line.find("test");
  if (test == line.end() || !test->contains(metric)) return std::nullopt;
  return test->at(metric).get<double>();
}

std::optional<double> ExperimentRun::Number(const char* key) const {
  const auto found = line.find(key);
  return found == line.end() ? std::nullopt : std::optional(found->get<double>());
}

std::vector<ExperimentSetting> ReadResults(const std::vector<std::string>& paths) {
  std::vector<ExperimentSetting> settings;
  std::map<std::string, ExperimentRun> teachers;
  for (const std::string& path : paths) {
    for (ExperimentRun& run : ReadRuns(path)) {
      if (run.Text("role") == "teacher") {
        teachers[run.Text("run")] = std::move(run);
      } else if (run.Text("role") == "student") {
        MethodRuns& method = MethodOf(run.Text("method"), SettingOf(run, settings));
        std::vector<ExperimentRun>& runs = run.failed() ? method.failed : method.runs;
        AddRun(std::move(run), runs);
      }
    }
  }
  for (ExperimentSetting& setting : settings) AddTeachers(teachers, setting);
  if (settings.empty()) {
    Fail("{}: holds no student yet; let `derrd experiment` go on, and report then", paths.front());
  }
  return settings;
}

std::vector<std::string> ShownMetrics(const ExperimentSetting& setting) {
  bool full = false;
  for (const MethodRuns& method : setting.methods) {
    for (const ExperimentRun& run : method.runs) full = full || run.Test("Recall@10").has_value();
  }
  std::vector<std::string> shown = {setting.metric};
  for (const char* usual : full ? std::array{"NDCG@10", "Recall@10", "Recall@20", "NDCG@20"}
                                : std::array{"HR@5", "NDCG@5", "HR@10", "NDCG@10"}) {
    if (usual != setting.metric) shown.push_back(usual);
  }
  return shown;
}

}  // namespace derrd
