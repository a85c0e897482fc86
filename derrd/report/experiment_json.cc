#include "derrd/report/experiment_json.h"

#include <optional>
#include <string>

#include "derrd/report/experiment_tables.h"
#include "derrd/report/student_t.h"

namespace derrd {
namespace {

using Json = nlohmann::ordered_json;

Json OrNull(const std::optional<double>& value) { return value ? Json(*value) : Json(); }

Json MeanOf(const std::vector<double>& values) {
  return values.empty() ? Json() : Json(Summarize(values).mean);
}

// The metrics that a run of the setting has.
std::vector<std::string> MetricsOf(const ExperimentSetting& setting) {
  std::vector<std::string> names;
  for (const MethodRuns& method : setting.methods) {
    if (method.runs.empty()) continue;
    const Json test = method.runs.front().line.value("test", Json::object());
    for (const auto& [name, value] : test.items()) names.push_back(name);
    break;
  }
  return names;
}

Json RowOf(const ExperimentSetting& setting, const std::vector<ExperimentRun>& runs) {
  Json row = {{"seeds", Json::array()}, {"test", Json::object()}};
  for (const ExperimentRun& run : runs) row["seeds"].push_back(run.line.at("seed"));
  for (const std::string& metric : MetricsOf(setting)) {
    const std::vector<double> values = ValuesOf(runs, metric);
    if (values.empty()) continue;
    const auto [mean, deviation] = Summarize(values);
    row["test"][metric] = {{"mean", mean}, {"deviation", OrNull(deviation)}, {"values", values}};
  }
  row["share_of_teacher"] = OrNull(ShareOfTeacher(setting, runs));
  row["bytes"] = MeanOf(NumbersOf(runs, "bytes"));
  row["microseconds_per_query"] = MeanOf(NumbersOf(runs, "microseconds_per_query"));
  return row;
}

Json RivalsOf(const ExperimentSetting& setting, const MethodRuns& method) {
  Json rivals = Json::object();
  for (const MethodRuns& other : setting.methods) {
    if (other.method == method.method) continue;
    for (const std::string& metric : MetricsOf(setting)) {
      const auto rival = Compare(metric, method, other);
      if (!rival) continue;
      rivals[other.method][metric] = {
          {"difference", rival->difference}, {"p", OrNull(rival->p)}, {"seeds", rival->seeds}};
    }
  }
  return rivals;
}

Json MethodOf(const ExperimentSetting& setting, const MethodRuns& method) {
  Json row = {{"method", method.method}};
  row.update(RowOf(setting, method.runs));
  row["failed"] = method.failed.size();
  row["overlap@10"] = MeanOf(OverlapsOf(method.runs, "overlap@10"));
  if (!method.runs.empty()) {
    row["values"] = method.runs.front().line.value("values", Json::object());
  }
  row["beside"] = RivalsOf(setting, method);
  return row;
}

}  // namespace

Json ExperimentJson(const std::vector<ExperimentSetting>& settings) {
  Json all = Json::array();
  for (const ExperimentSetting& setting : settings) {
    Json one = {{"data", setting.data},
                {"teacher", setting.teacher},
                {"student", setting.student},
                {"width", setting.width},
                {"metric", setting.metric}};
    one["teachers"] = RowOf(setting, TeacherRuns(setting));
    one["int8_teachers"] = RowOf(setting, Int8TeacherRuns(setting));
    one["methods"] = Json::array();
    for (const MethodRuns& method : setting.methods) {
      one["methods"].push_back(MethodOf(setting, method));
    }
    all.push_back(std::move(one));
  }
  return all;
}

}  // namespace derrd
