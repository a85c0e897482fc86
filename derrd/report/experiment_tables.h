// Tables of what experiments found.
#ifndef DERRD_REPORT_EXPERIMENT_TABLES_H_
#define DERRD_REPORT_EXPERIMENT_TABLES_H_

#include <optional>
#include <string>
#include <vector>

#include "derrd/report/experiment_results.h"
#include "derrd/report/table.h"

namespace derrd {

// "citeulike, teacher mf200, student mf of 20".
std::string TitleOf(const ExperimentSetting& setting);

// What the runs have, in their order: a test metric, a number of the line itself, the share
// "overlap@K" of lists. Those without one are left out.
std::vector<double> ValuesOf(const std::vector<ExperimentRun>& runs, const std::string& metric);
std::vector<double> NumbersOf(const std::vector<ExperimentRun>& runs, const char* key);
std::vector<double> OverlapsOf(const std::vector<ExperimentRun>& runs, const std::string& depth);

// The teachers' runs of a setting; and as if they had been rounded to int8, where that was
// measured.
std::vector<ExperimentRun> TeacherRuns(const ExperimentSetting& setting);
std::vector<ExperimentRun> Int8TeacherRuns(const ExperimentSetting& setting);

// The mean of what each run reaches of its own teacher's metric. Nothing without such teachers.
std::optional<double> ShareOfTeacher(const ExperimentSetting& setting,
                                     const std::vector<ExperimentRun>& runs);

// How a method compares with another by a test metric: the two-sided p of a paired t-test over the
// seeds that both have. Nothing without such seeds.
struct Rival {
  std::string method;
  double difference;        // of the means over the seeds that both have
  std::optional<double> p;  // nothing with fewer than two such seeds, or all differences the same
  std::size_t seeds;        // that both have
};
std::optional<Rival> Compare(const std::string& metric, const MethodRuns& method,
                             const MethodRuns& other);
// The same by the setting's metric, with the other method whose mean is highest. Nothing when it
// stands alone.
std::optional<Rival> BestRival(const ExperimentSetting& setting, const MethodRuns& method);

// A row for the teacher, for the teacher as int8 and for each method: metrics as mean ± deviation
// over seeds, the share of the teacher's metric (each seed's of its own teacher's), the best rival,
// how much the top lists share with the teacher's, size, time of a query, what a search chose.
Table TableOf(const ExperimentSetting& setting);

// All settings, in Markdown.
std::string ExperimentMarkdown(const std::vector<ExperimentSetting>& settings);

}  // namespace derrd

#endif  // DERRD_REPORT_EXPERIMENT_TABLES_H_
