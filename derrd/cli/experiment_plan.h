// From an experiment's file to its plan, with everything checked that can be before training.
#ifndef DERRD_CLI_EXPERIMENT_PLAN_H_
#define DERRD_CLI_EXPERIMENT_PLAN_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "derrd/core/parallel.h"
#include "derrd/experiment/plan.h"

namespace derrd::cli {

// Files that the experiment names are found in the folder `data`; where that is empty, beside the
// experiment's file. `seed` is that of the search's draws. Each combination of the file is
// tried as far as can be without training: its flags are read as `derrd train` and `derrd distill`
// read them, its memory is compared with what is free, and that of the largest `jobs` runs
// together, its method is made for a teacher of that kind with random parameters. UsageError that
// names the line, or Error for a file that is not right.
Plan PlanOf(const std::string& path, const std::string& data, std::uint64_t seed, std::size_t jobs,
            const Parallel& parallel);

}  // namespace derrd::cli

#endif  // DERRD_CLI_EXPERIMENT_PLAN_H_
