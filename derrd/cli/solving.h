// Runs that solve and do not train by gradients.
#ifndef DERRD_CLI_SOLVING_H_
#define DERRD_CLI_SOLVING_H_

#include <string>
#include <string_view>
#include <vector>

#include "derrd/cli/training.h"
#include "derrd/models/ials.h"

namespace derrd::cli {

// `train` with a model that is solved.
void SolveAndWrite(const TrainingOptions& options, const Dataset& dataset,
                   const Parallel& parallel);

// UsageError for flags that only training by gradients has a use for: "what: why; leave out ...".
void CheckUntrained(const std::string& what, const std::string& why,
                    const TrainingOptions& options);
// The same for a model that is solved.
void CheckSolvable(const TrainingOptions& options);
// Its rows in memory.
std::vector<MemoryNeed> SolverNeeds(const TrainingOptions& options, const Dataset& dataset);
// The hyper-parameters of the run that everything solved has.
nlohmann::ordered_json SolverConfig(const TrainingOptions& options, const Dataset& dataset,
                                    const std::string& method);

// Sweeps until validation stops gaining, or `sweeps` are done, and writes the kept one as a model
// of that kind. `label` names the work on the progress line; config: what is solved.
void SweepAndWrite(const std::string& label, const TrainingOptions& options, const Dataset& dataset,
                   Ials& ials, std::int32_t sweeps, std::string_view kind,
                   nlohmann::ordered_json config, const Parallel& parallel);

}  // namespace derrd::cli

#endif  // DERRD_CLI_SOLVING_H_
