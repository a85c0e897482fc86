// Runs an experiment: as many of its runs at once as there is room for, until all are done.
#ifndef DERRD_EXPERIMENT_RUNNER_H_
#define DERRD_EXPERIMENT_RUNNER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "derrd/experiment/plan.h"

namespace derrd {

struct RunnerOptions {
  std::string program;                 // path of derrd
  std::string folder;                  // for everything that is written
  std::size_t jobs = 1;                // runs at once
  std::size_t threads = 1;             // of a run
  std::int32_t checkpoint_every = 25;  // epochs
  // Called now and then: how many runs are done, of how many, and how far those are that run now.
  std::function<void(std::size_t done, std::size_t total, const std::string& note)> on_progress;
  std::function<void(const std::string& sentence)> on_note;  // about what is out of the ordinary
};

// UsageError when the plan's runs cannot have files in that folder: names that are too long, or a
// comma where a flag lists them.
void CheckCanRun(const Plan& plan, const std::string& folder);

// Trains what the plan needs, which was checked, into FOLDER/runs and keeps FOLDER/results.jsonl up
// to date: a line for each run that is done, in the plan's order, whatever order they were done in;
// returns its path. One there that tells of other runs is kept beside it (results.h). What is there
// already is not done again; a run that was interrupted goes on from its checkpoint. The models of
// trials that lost are removed. A run whose loss is not finite is a result like others; Error,
// after the others were stopped, when a run fails for any other reason, and when the folder is in
// use. Where a teacher, or all that a search tries, has no finite loss, what depends on it is left
// out, and when all else is done and written it is an Error.
//
// Accuracy, parameters and the rest depend on the plan alone; only seconds and microseconds vary.
std::string RunExperiment(const Plan& plan, const RunnerOptions& options);

// How far the plan is in a folder: its runs, each once, and how many of them are done.
struct Standing {
  std::vector<Run> runs;  // where a search is not decided, as AllRuns has it
  std::size_t done = 0;
  double seconds = 0;  // mean training time of those that are done; 0 when none is
};
Standing StandingOf(const Plan& plan, const std::string& folder);

}  // namespace derrd

#endif  // DERRD_EXPERIMENT_RUNNER_H_
