// The flags that say what is held out of training.
#ifndef DERRD_CLI_SPLIT_FLAGS_H_
#define DERRD_CLI_SPLIT_FLAGS_H_

#include <cstdint>

#include "derrd/cli/command.h"
#include "derrd/data/hold_out.h"

namespace derrd::cli {

// --split, --ratio and --negatives; `usual_negatives` is what the help says of the last.
void AddSplitFlags(CLI::App& app, HoldOutOptions& options, std::uint32_t usual_negatives);

}  // namespace derrd::cli

#endif  // DERRD_CLI_SPLIT_FLAGS_H_
