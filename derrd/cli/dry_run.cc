#include "derrd/cli/dry_run.h"

#include "derrd/cli/config.h"
#include "derrd/core/error.h"

namespace derrd::cli {

DryRun::DryRun(DryRunKind kind)
    : command_(program_.add_subcommand(kind == DryRunKind::kDistilled ? "distill" : "train")) {
  program_.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  if (kind == DryRunKind::kDistilled) {
    AddDistillOptions(*command_, options_);
    return;
  }
  options_.width = kTeacherWidth;
  AddTrainingOptions(*command_, options_);
  if (kind == DryRunKind::kTeacher) AddKeepEvery(*command_, options_);
}

void DryRun::Parse(const PlacedFlags& flags, const std::string& dataset) {
  Arguments arguments{{command_->get_name(), dataset, "--output", "model"}, flags.places};
  const std::vector<std::string> words = flags.flags.Words();
  arguments.words.insert(arguments.words.end(), words.begin(), words.end());
  if (command_->get_name() == "distill") {
    arguments.words.insert(arguments.words.end(), {"--teacher", "teacher"});
  }
  try {
    // CLI11 takes the last word first.
    program_.parse(std::vector<std::string>(arguments.words.rbegin(), arguments.words.rend()));
  } catch (const CLI::ParseError& error) {
    throw UsageError(ExplainParseError(program_, error, arguments));
  }
}

}  // namespace derrd::cli
