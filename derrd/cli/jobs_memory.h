// Whether the runs of an experiment that are under way at once fit into memory together.
#ifndef DERRD_CLI_JOBS_MEMORY_H_
#define DERRD_CLI_JOBS_MEMORY_H_

#include <cstddef>
#include <map>
#include <utility>
#include <vector>

#include "derrd/experiment/plan.h"

namespace derrd::cli {

class JobsMemory {
 public:
  // What a run of a teacher on a data set, or of a cell, needs; of several notes the most counts.
  void NoteTeacher(std::size_t data, std::size_t teacher, double bytes);
  void NoteCell(std::size_t cell, double bytes);

  // UsageError, with how many would fit, when the `jobs` largest runs of the plan that can be under
  // way at once need more than is free.
  void Check(const Plan& plan, std::size_t jobs) const;

 private:
  // Of every run that can be under way at the same moment.
  std::vector<double> AtOnce(const Plan& plan) const;
  double NeedOf(const derrd::Run& run) const;  // subcommands have a Run of their own

  std::map<std::pair<std::size_t, std::size_t>, double> teachers_;
  std::map<std::size_t, double> cells_;
};

}  // namespace derrd::cli

#endif  // DERRD_CLI_JOBS_MEMORY_H_
