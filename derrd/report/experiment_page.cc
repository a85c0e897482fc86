#include "derrd/report/experiment_page.h"

#include <fmt/format.h>

#include <algorithm>

#include "derrd/core/json_lines.h"
#include "derrd/report/experiment_tables.h"
#include "derrd/report/html.h"
#include "derrd/report/page_assets.h"
#include "derrd/report/student_t.h"

namespace derrd {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMostPoints = 200;

std::vector<Json> EpochsOf(const ExperimentRun& run) {
  std::vector<Json> epochs = ReadJsonLines(run.log);
  std::erase_if(epochs, [](const Json& epoch) { return !epoch.contains("epoch"); });
  return epochs;
}

// Evenly spread, the last included.
std::vector<Json> Thinned(const std::vector<Json>& epochs) {
  const std::size_t step =
      std::max<std::size_t>(1, (epochs.size() + kMostPoints - 1) / kMostPoints);
  std::vector<Json> thinned;
  for (std::size_t e = 0; e < epochs.size(); e += step) thinned.push_back(epochs[e]);
  if (!epochs.empty()) thinned.back() = epochs.back();
  return thinned;
}

void AddCurve(const std::string& name, const std::string& metric, const std::vector<Json>& epochs,
              Json& curves) {
  Json points = Json::array();
  for (const Json& epoch : epochs) {
    if (!epoch.contains("valid") || !epoch["valid"].contains(metric)) continue;
    points.push_back({epoch["epoch"], epoch["valid"][metric]});
  }
  if (!points.empty()) curves.push_back({{"name", name}, {"points", points}});
}

// Every method that tells of the rows of its experts, on either side.
void AddExperts(const std::string& name, const std::vector<Json>& epochs, Json& experts) {
  if (epochs.empty()) return;
  for (const auto& [term, said] : epochs.front().items()) {
    for (const char* side : {"user", "item"}) {
      const Json::json_pointer at = Json::json_pointer() / term / side;
      const Json::json_pointer rows = at / "rows_by_expert", each = at / "experts_per_row";
      Json points = Json::array(), computed = Json::array();
      for (const Json& epoch : epochs) {
        if (!epoch.contains(rows)) continue;
        points.push_back({epoch["epoch"], epoch[rows]});
        computed.push_back({epoch["epoch"], epoch.value(each, 0.0)});
      }
      if (points.empty()) continue;
      experts.push_back({{"name", fmt::format("{}: {} experts of {}", name, side, term)},
                         {"points", points},
                         {"computed", computed}});
    }
  }
}

Json Overlaps(const ExperimentSetting& setting) {
  Json overlap = {{"depths", Json::array()}, {"methods", Json::array()}};
  for (const MethodRuns& method : setting.methods) {
    if (method.runs.empty() || !method.runs.front().line.contains("overlap")) continue;
    Json values = Json::array(), depths = Json::array();
    for (const auto& [depth, first] : method.runs.front().line["overlap"].items()) {
      depths.push_back(depth);
      values.push_back(Summarize(OverlapsOf(method.runs, depth)).mean);
    }
    overlap["depths"] = depths;
    overlap["methods"].push_back({{"name", method.method}, {"values", values}});
  }
  return overlap;
}

Json SettingCharts(const ExperimentSetting& setting) {
  Json charts = {{"title", TitleOf(setting)},
                 {"metric", setting.metric},
                 {"curves", Json::array()},
                 {"overlap", Overlaps(setting)},
                 {"experts", Json::array()}};
  for (const MethodRuns& method : setting.methods) {
    if (method.runs.empty()) continue;
    const std::vector<Json> epochs = Thinned(EpochsOf(method.runs.front()));
    AddCurve(method.method, setting.metric, epochs, charts["curves"]);
    AddExperts(method.method, epochs, charts["experts"]);
  }
  if (!setting.teachers.empty()) {
    AddCurve("teacher", setting.metric, Thinned(EpochsOf(setting.teachers.begin()->second)),
             charts["curves"]);
  }
  return charts;
}

// Means over the runs; nothing where they have no test.
Json PointOf(const std::string& name, std::size_t width, const std::vector<ExperimentRun>& runs,
             const std::string& metric) {
  const std::vector<double> accuracy = ValuesOf(runs, metric), bytes = NumbersOf(runs, "bytes"),
                            microseconds = NumbersOf(runs, "microseconds_per_query");
  if (accuracy.empty() || bytes.empty()) return nullptr;
  Json point = {{"name", name},
                {"width", width},
                {"accuracy", Summarize(accuracy).mean},
                {"bytes", Summarize(bytes).mean}};
  if (!microseconds.empty()) point["microseconds"] = Summarize(microseconds).mean;
  return point;
}

void AddPoint(Json point, Json& points) {
  const bool known = std::ranges::any_of(points, [&](const Json& other) { return other == point; });
  if (!point.is_null() && !known) points.push_back(std::move(point));
}

// What answers how well for how much, over all widths of a kind of student.
Json CostCharts(const std::vector<ExperimentSetting>& settings) {
  Json all = Json::array();
  for (const ExperimentSetting& setting : settings) {
    const std::string title =
        fmt::format("{}, teacher {}, student {}", setting.data, setting.teacher, setting.student);
    auto chart =
        std::ranges::find_if(all, [&](const Json& known) { return known["title"] == title; });
    if (chart == all.end()) {
      all.push_back({{"title", title}, {"metric", setting.metric}, {"points", Json::array()}});
      chart = all.end() - 1;
    }
    Json& points = (*chart)["points"];
    const std::vector<ExperimentRun> teachers = TeacherRuns(setting);
    std::size_t width = 0;
    if (!teachers.empty() && teachers.back().line.contains("config")) {
      width = teachers.back().line["config"].value("width", std::size_t{0});
    }
    AddPoint(PointOf("teacher", width, teachers, setting.metric), points);
    AddPoint(PointOf("teacher, int8", width, Int8TeacherRuns(setting), setting.metric), points);
    for (const MethodRuns& method : setting.methods) {
      AddPoint(PointOf(method.method, setting.width, method.runs, setting.metric), points);
    }
  }
  return all;
}

// Inside <script>, where "</" would end it.
std::string ForScript(const Json& json) {
  std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  for (std::size_t at = text.find("</"); at != std::string::npos; at = text.find("</", at + 3)) {
    text.replace(at, 2, "<\\/");
  }
  return text;
}

std::string Sections(const std::vector<ExperimentSetting>& settings) {
  std::string sections;
  for (std::size_t s = 0; s < settings.size(); ++s) {
    sections += fmt::format(
        "<section><h2>{}</h2>\n<div class=\"table\">{}</div>\n"
        "<div class=\"charts\" data-setting=\"{}\"></div></section>\n",
        EscapedHtml(TitleOf(settings[s])), ToHtml(TableOf(settings[s])), s);
  }
  return sections;
}

}  // namespace

Json ChartData(const std::vector<ExperimentSetting>& settings) {
  Json data = {{"settings", Json::array()}, {"costs", CostCharts(settings)}};
  for (const ExperimentSetting& setting : settings) {
    data["settings"].push_back(SettingCharts(setting));
  }
  return data;
}

std::string ExperimentPage(const std::vector<ExperimentSetting>& settings) {
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n<link rel=\"icon\" href=\"data:,\">\n"
      "<title>derrd: what experiments found</title>\n<style>\n{}</style>\n</head>\n<body>\n<main>\n"
      "<h1>What experiments found</h1>\n{}<div id=\"costs\"></div>\n{}</main>\n"
      "<script>\n{}</script>\n<script type=\"application/json\" id=\"data\">{}</script>\n"
      "<script>\n{}</script>\n</body>\n</html>\n",
      kPageStyle, kPageIntroduction, Sections(settings), kChartLibrary,
      ForScript(ChartData(settings)), kPageScript);
}

}  // namespace derrd
