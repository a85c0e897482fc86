// A run of a model that is solved and not trained by gradients.
#ifndef DERRD_CLI_SOLVING_H_
#define DERRD_CLI_SOLVING_H_

#include "derrd/cli/training.h"

namespace derrd::cli {

// Sweeps until validation stops gaining, or --ials-sweeps are done, and writes the kept one.
void SolveAndWrite(const TrainingOptions& options, const Dataset& dataset,
                   const Parallel& parallel);

}  // namespace derrd::cli

#endif  // DERRD_CLI_SOLVING_H_
