// What experiments found, as one page: tables and charts, nothing from outside of it.
#ifndef DERRD_REPORT_EXPERIMENT_PAGE_H_
#define DERRD_REPORT_EXPERIMENT_PAGE_H_

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "derrd/report/experiment_results.h"

namespace derrd {

// What the charts draw (page/page.js). For each setting: {"title", "metric",
//   "curves": [{"name", "points": [[epoch, metric on validation], ...]}],
//   "overlap": {"depths": [...], "methods": [{"name", "values"}]},
//   "experts": [{"name", "points": [[epoch, [rows of each expert]]], "computed": [[epoch,
//   experts]]}]}
// and for each data set, teacher and kind of student, over all widths: {"title", "metric",
//   "points": [{"name", "width", "accuracy", "bytes", "microseconds"}]}.
// Curves have at most 200 points. A log that is not there leaves its curves out.
nlohmann::ordered_json ChartData(const std::vector<ExperimentSetting>& settings);

// The page: HTML with its style, its charting library and its data inside.
std::string ExperimentPage(const std::vector<ExperimentSetting>& settings);

}  // namespace derrd

#endif  // DERRD_REPORT_EXPERIMENT_PAGE_H_
