// A training run's flags, read and checked without running it.
#ifndef DERRD_CLI_DRY_RUN_H_
#define DERRD_CLI_DRY_RUN_H_

#include <memory>
#include <string>

#include "derrd/cli/distill_options.h"
#include "derrd/cli/experiment_file.h"

namespace derrd::cli {

// The flags of `derrd SUBCOMMAND` ("train" or "distill"), declared and not parsed.
class DryRun {
 public:
  explicit DryRun(const std::string& subcommand);

  const CLI::App& command() const { return *command_; }
  // UsageError, with the place of the flag in its file, when the subcommand would not have them.
  void Parse(const PlacedFlags& flags, const std::string& dataset, const std::string& teacher);
  const DistillOptions& options() const { return options_; }

 private:
  CLI::App program_{"", "derrd"};
  CLI::App* command_;
  DistillOptions options_;
};

}  // namespace derrd::cli

#endif  // DERRD_CLI_DRY_RUN_H_
