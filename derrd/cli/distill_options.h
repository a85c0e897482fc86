// The flags of `derrd distill`.
#ifndef DERRD_CLI_DISTILL_OPTIONS_H_
#define DERRD_CLI_DISTILL_OPTIONS_H_

#include <string>

#include "derrd/cli/methods/table.h"
#include "derrd/cli/training.h"

namespace derrd::cli {

struct DistillOptions : TrainingOptions {
  std::string teacher;
  std::string method = "de-rrd";
  MethodTable table;
};

// Declares them all, and sets their defaults. The options must outlive the app.
void AddDistillOptions(CLI::App& app, DistillOptions& options);

}  // namespace derrd::cli

#endif  // DERRD_CLI_DISTILL_OPTIONS_H_
