// What an experiment is made of, and which of its runs are known to be needed so far.
//
//   data set x teacher x student x method x width x seed
//
// A run is named by what decides its outcome, so what two parts of an experiment share is done
// once, and an experiment that was stopped finds again what it has.
#ifndef DERRD_EXPERIMENT_PLAN_H_
#define DERRD_EXPERIMENT_PLAN_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "derrd/experiment/flags.h"
#include "derrd/experiment/search_space.h"

namespace derrd {

// The flag of `derrd distill` for models of the teacher's training.
inline constexpr const char* kStagesFlag = "--hetcomp-stages";

struct PlannedData {
  std::string name, path;
  std::string fingerprint;  // of the file
  std::string metric;       // that searches go by
};

struct PlannedTeacher {
  std::string name;
  std::string path, fingerprint;      // of a teacher that is there already; else empty
  Flags flags;                        // of `derrd train`
  std::optional<std::uint64_t> seed;  // else that of its student
  bool resumable = true;              // has checkpoints
};

// Values of a cell, and what is known of a run that has them.
struct Trial {
  Flags values;                         // that are searched
  std::vector<std::string> files = {};  // fingerprints of those that the flags name
  bool resumable = true;                // has checkpoints
};

// Everything but the seed: one row of a table of results.
struct Cell {
  std::size_t data, teacher;  // of the plan
  std::string student, method;
  std::size_t width;
  std::string subcommand;  // "train" where nothing is learned from the teacher, else "distill"
  Flags flags;
  std::vector<Trial> trials;         // of the search; empty: none, and all runs are
  Trial given;                       // without values
  std::int32_t epochs = 0;           // at most
  std::size_t stages = 0;            // of the teacher's training that the method learns from
  std::vector<std::uint64_t> seeds;  // the search has the first
};

struct SearchOptions {
  SearchKind kind = SearchKind::kRandom;
  std::size_t budget = 1;    // trials of a cell
  std::int32_t epochs = 10;  // of the first rung of halving
  std::int32_t factor = 3;   // of halving
};

struct Plan {
  std::vector<PlannedData> data;
  std::vector<PlannedTeacher> teachers;
  std::vector<Cell> cells;
  SearchOptions search;
};

enum class RunRole { kTeacher, kTrial, kStudent };

struct Run {
  std::string name;  // of its files, without an ending
  RunRole role;
  std::size_t cell, data, teacher;  // of the plan; of a teacher the first cell that needs it
  std::uint64_t seed = 0;
  std::string subcommand;  // empty: a teacher that is there already
  Flags flags;             // all but paths, seed and threads
  Flags values;            // those of them that a search chose or tries
  std::size_t stages = 0;  // as its cell's
  std::size_t rung = 0;    // of a trial
  bool resumable = true;
  std::string teacher_run;  // of a student: the name of its teacher's, also where it learns nothing
                            // from it and is only compared with it
};

// What is known of a run that is done.
struct Outcome {
  bool failed = false;  // its loss was not finite
  double valid = 0;     // the data set's metric, of the kept epoch
};
using KnownOutcome = std::function<std::optional<Outcome>(const Run&)>;

// The runs that are known to be needed, those that others wait for first, in the order of the
// plan; the same run may stand there as a trial and as a student, or for several cells. A function
// of the plan and of what is known alone: not of the order in which runs were finished. A cell all
// of whose trials failed has no students.
std::vector<Run> NeededRuns(const Plan& plan, const KnownOutcome& known);

// What to do about searches that have found nothing that trains, a sentence each.
std::vector<std::string> FailedSearches(const Plan& plan, const KnownOutcome& known);

// All runs, as if trials that are not known were the worst and did not fail.
std::vector<Run> AllRuns(const Plan& plan, const KnownOutcome& known);

}  // namespace derrd

#endif  // DERRD_EXPERIMENT_PLAN_H_
