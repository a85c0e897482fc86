// A training run's flags, read and checked without running it.
#ifndef DERRD_CLI_DRY_RUN_H_
#define DERRD_CLI_DRY_RUN_H_

#include <string>

#include "derrd/cli/distill_options.h"
#include "derrd/cli/experiment_file.h"

namespace derrd::cli {

// What the flags are for: those of a teacher are of `derrd train`, those of a student, which keeps
// one model alone, of `train` or `distill`.
enum class DryRunKind { kTeacher, kScratch, kDistilled };

// The flags of such a run, declared and not parsed.
class DryRun {
 public:
  explicit DryRun(DryRunKind kind);

  const CLI::App& command() const { return *command_; }
  // UsageError, with the place of the flag in its file, when the subcommand would not have them.
  void Parse(const PlacedFlags& flags, const std::string& dataset);
  const DistillOptions& options() const { return options_; }

 private:
  CLI::App program_{"", "derrd"};
  CLI::App* command_;
  DistillOptions options_;
};

}  // namespace derrd::cli

#endif  // DERRD_CLI_DRY_RUN_H_
