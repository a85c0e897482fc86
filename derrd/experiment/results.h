// FOLDER/results.jsonl: what an experiment has found so far.
#ifndef DERRD_EXPERIMENT_RESULTS_H_
#define DERRD_EXPERIMENT_RESULTS_H_

#include <set>
#include <string>
#include <vector>

#include "derrd/experiment/plan.h"
#include "derrd/experiment/run_files.h"

namespace derrd {

// Where an experiment keeps its runs, and what it found.
std::string RunsFolder(const std::string& folder);
std::string ResultsPath(const std::string& folder);

// Writes a line for every run that is done, in the given order, whole or not at all:
//
//   {"role": "teacher" | "trial" | "student", "run", "data", "teacher", "student", "method",
//    "width", "seed", "values": {flag: value}, "rung", "stages", "teacher_run", "metric", "log",
//    then its facts}
//
// where "student", "method" and "values" are the student's, "rung" a trial's, "stages" of a method
// that learns from the teacher's training, and "overlap" is with
// the teacher of the line.
void WriteResults(const Plan& plan, const std::vector<Run>& runs, RunFiles& files,
                  const std::string& folder);

// Where the folder's results tell of a run that is none of these, keeps a copy of them as
// results.previous.jsonl, or results.previous-2.jsonl and so on where that is there already, and
// returns its path.
std::string KeepOtherResults(const std::set<std::string>& runs, const std::string& folder);

}  // namespace derrd

#endif  // DERRD_EXPERIMENT_RESULTS_H_
