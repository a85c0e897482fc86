// What experiments found, read back and put side by side.
#ifndef DERRD_REPORT_EXPERIMENT_RESULTS_H_
#define DERRD_REPORT_EXPERIMENT_RESULTS_H_

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace derrd {

// A line of a results.jsonl (experiment/results.h); its log is found beside that file.
struct ExperimentRun {
  nlohmann::ordered_json line;
  std::string file;  // that it is a line of
  std::string log;   // path

  bool failed() const { return line.contains("error"); }
  std::string Text(const char* key) const { return line.value(key, ""); }
  // A test metric, or a number of the line itself; nothing where it is not.
  std::optional<double> Test(const std::string& metric) const;
  std::optional<double> Number(const char* key) const;
};

// The runs of one method over its seeds, in their order.
struct MethodRuns {
  std::string method;
  std::vector<ExperimentRun> runs;  // that trained
  std::vector<ExperimentRun> failed;
};

// One data set, teacher, kind of student and width: what stands in one table.
struct ExperimentSetting {
  std::string data, teacher, student, metric;
  std::size_t width = 0;
  std::vector<MethodRuns> methods;                // in the order of the file
  std::map<std::string, ExperimentRun> teachers;  // by run
};

// Reads results of one or more experiments. Error that names file and line for a line that is not
// one of ours, when runs of one method, or teachers of one name, have different settings, and when
// there is no student among them.
std::vector<ExperimentSetting> ReadResults(const std::vector<std::string>& paths);

// The test metrics that a table shows: accuracy at the usual cutoffs of the protocol.
std::vector<std::string> ShownMetrics(const ExperimentSetting& setting);

}  // namespace derrd

#endif  // DERRD_REPORT_EXPERIMENT_RESULTS_H_
