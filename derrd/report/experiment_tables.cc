#include "derrd/report/experiment_tables.h"

#include <fmt/format.h>

#include <cmath>

#include "derrd/report/student_t.h"

namespace derrd {
namespace {

constexpr const char* kNothing = "-";

std::string Shown(const std::vector<double>& values) {
  if (values.empty()) return kNothing;
  const auto [mean, deviation] = Summarize(values);
  return deviation ? fmt::format("{:.4f} ± {:.4f}", mean, *deviation) : fmt::format("{:.4f}", mean);
}

std::string Share(const ExperimentSetting& setting, const std::vector<ExperimentRun>& runs) {
  const auto share = ShareOfTeacher(setting, runs);
  return share ? Percent(*share) : kNothing;
}

std::string Overlap(const MethodRuns& method) {
  const std::vector<double> shares = OverlapsOf(method.runs, "overlap@10");
  return shares.empty() ? kNothing : Percent(Summarize(shares).mean);
}

std::string Size(const std::vector<ExperimentRun>& runs) {
  const std::vector<double> bytes = NumbersOf(runs, "bytes");
  if (bytes.empty()) return kNothing;
  return HumanBytes(static_cast<std::uint64_t>(std::llround(bytes.front())));
}

std::string Microseconds(const std::vector<ExperimentRun>& runs) {
  const std::vector<double> values = NumbersOf(runs, "microseconds_per_query");
  return values.empty() ? kNothing : fmt::format("{:.1f}", Summarize(values).mean);
}

std::string Chosen(const MethodRuns& method) {
  std::string text;
  if (method.runs.empty()) return kNothing;
  const auto values = method.runs.front().line.value("values", nlohmann::ordered_json::object());
  for (const auto& [flag, value] : values.items()) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", flag, value.get<std::string>());
  }
  return text.empty() ? kNothing : text;
}

std::string RivalText(const ExperimentSetting& setting, const MethodRuns& method) {
  const auto rival = BestRival(setting, method);
  if (!rival) return kNothing;
  const std::string without = rival->seeds == 1 ? "one seed" : "p -";
  const std::string p = rival->p ? fmt::format("p {:.2g}", *rival->p) : without;
  return fmt::format("{} {:+.4f}, {}", rival->method, rival->difference, p);
}

void AddTeacher(const ExperimentSetting& setting, const std::string& name,
                const std::vector<ExperimentRun>& runs, Table& table) {
  if (runs.empty()) return;
  std::vector<std::string> row = {name, std::to_string(runs.size())};
  for (const std::string& metric : ShownMetrics(setting)) {
    row.push_back(Shown(ValuesOf(runs, metric)));
  }
  row.insert(row.end(),
             {Share(setting, runs), kNothing, kNothing, Size(runs), Microseconds(runs), kNothing});
  table.AddRow(std::move(row));
}

}  // namespace

std::string TitleOf(const ExperimentSetting& setting) {
  return fmt::format("{}, teacher {}, student {} of {}", setting.data, setting.teacher,
                     setting.student, setting.width);
}

std::vector<double> ValuesOf(const std::vector<ExperimentRun>& runs, const std::string& metric) {
  std::vector<double> values;
  for (const ExperimentRun& run : runs) {
    if (const auto value = run.Test(metric)) values.push_back(*value);
  }
  return values;
}

std::vector<double> NumbersOf(const std::vector<ExperimentRun>& runs, const char* key) {
  std::vector<double> values;
  for (const ExperimentRun& run : runs) {
    if (const auto value = run.Number(key)) values.push_back(*value);
  }
  return values;
}

std::vector<double> OverlapsOf(const std::vector<ExperimentRun>& runs, const std::string& depth) {
  std::vector<double> shares;
  for (const ExperimentRun& run : runs) {
    if (run.line.contains("overlap")) shares.push_back(run.line["overlap"].value(depth, 0.0));
  }
  return shares;
}

std::vector<ExperimentRun> TeacherRuns(const ExperimentSetting& setting) {
  std::vector<ExperimentRun> runs;
  for (const auto& [name, run] : setting.teachers) {
    runs.push_back(run);
    runs.back().line["teacher_run"] = name;
  }
  return runs;
}

std::vector<ExperimentRun> Int8TeacherRuns(const ExperimentSetting& setting) {
  std::vector<ExperimentRun> runs;
  for (ExperimentRun& run : TeacherRuns(setting)) {
    if (!run.line.contains("int8")) continue;
    run.line.update(nlohmann::ordered_json(run.line["int8"]));
    runs.push_back(std::move(run));
  }
  return runs;
}

std::optional<double> ShareOfTeacher(const ExperimentSetting& setting,
                                     const std::vector<ExperimentRun>& runs) {
  std::vector<double> shares;
  for (const ExperimentRun& run : runs) {
    const auto teacher = setting.teachers.find(run.Text("teacher_run"));
    if (teacher == setting.teachers.end()) continue;
    const auto own = run.Test(setting.metric), whole = teacher->second.Test(setting.metric);
    if (own && whole && *whole > 0) shares.push_back(*own / *whole);
  }
  if (shares.empty()) return std::nullopt;
  return Summarize(shares).mean;
}

std::optional<Rival> Compare(const std::string& metric, const MethodRuns& method,
                             const MethodRuns& other) {
  std::vector<double> own, others;
  for (const ExperimentRun& run : method.runs) {
    for (const ExperimentRun& rival : other.runs) {
      const auto a = run.Test(metric), b = rival.Test(metric);
      if (run.line.at("seed") != rival.line.at("seed") || !a || !b) continue;
      own.push_back(*a);
      others.push_back(*b);
    }
  }
  if (own.empty()) return std::nullopt;
  return Rival{other.method, Summarize(own).mean - Summarize(others).mean, PairedTestP(own, others),
               own.size()};
}

std::optional<Rival> BestRival(const ExperimentSetting& setting, const MethodRuns& method) {
  const MethodRuns* best = nullptr;
  double best_mean = 0;
  for (const MethodRuns& other : setting.methods) {
    const std::vector<double> values = ValuesOf(other.runs, setting.metric);
    if (other.method == method.method || values.empty()) continue;
    const double mean = Summarize(values).mean;
    if (best != nullptr && mean <= best_mean) continue;
    best = &other;
    best_mean = mean;
  }
  if (best == nullptr) return std::nullopt;
  return Compare(setting.metric, method, *best);
}

Table TableOf(const ExperimentSetting& setting) {
  Table table;
  table.AddColumn("method", Table::Align::kLeft);
  table.AddColumn("seeds");
  for (const std::string& metric : ShownMetrics(setting)) table.AddColumn(metric);
  table.AddColumn("of the teacher's " + setting.metric);
  table.AddColumn("beside the best rival", Table::Align::kLeft);
  table.AddColumn("top 10 shared");
  table.AddColumn("size");
  table.AddColumn("µs/query");
  table.AddColumn("chosen on validation", Table::Align::kLeft);
  AddTeacher(setting, "teacher", TeacherRuns(setting), table);
  AddTeacher(setting, "teacher, int8", Int8TeacherRuns(setting), table);
  for (const MethodRuns& method : setting.methods) {
    std::string seeds = std::to_string(method.runs.size());
    if (!method.failed.empty()) seeds += fmt::format(" ({} failed)", method.failed.size());
    std::vector<std::string> row = {method.method, seeds};
    for (const std::string& metric : ShownMetrics(setting)) {
      row.push_back(Shown(ValuesOf(method.runs, metric)));
    }
    row.insert(row.end(), {Share(setting, method.runs), RivalText(setting, method), Overlap(method),
                           Size(method.runs), Microseconds(method.runs), Chosen(method)});
    table.AddRow(std::move(row));
  }
  return table;
}

std::string ExperimentMarkdown(const std::vector<ExperimentSetting>& settings) {
  std::string text;
  for (const ExperimentSetting& setting : settings) {
    text += fmt::format("{}## {}\n\n{}", text.empty() ? "" : "\n", TitleOf(setting),
                        TableOf(setting).ToMarkdown());
  }
  return text;
}

}  // namespace derrd
