// What experiments found, for programs.
#ifndef DERRD_REPORT_EXPERIMENT_JSON_H_
#define DERRD_REPORT_EXPERIMENT_JSON_H_

#include <nlohmann/json.hpp>
#include <vector>

#include "derrd/report/experiment_results.h"

namespace derrd {

// An array with an object for each setting: what its table has, unrounded, for every test metric;
// and each method beside every other one, by every test metric (`Compare`), not the best alone.
nlohmann::ordered_json ExperimentJson(const std::vector<ExperimentSetting>& settings);

}  // namespace derrd

#endif  // DERRD_REPORT_EXPERIMENT_JSON_H_
