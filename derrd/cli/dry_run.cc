#include "derrd/cli/dry_run.h"

#include "derrd/cli/config.h"
#include "derrd/core/error.h"

namespace derrd::cli {

DryRun::DryRun(const std::string& subcommand) : command_(program_.add_subcommand(subcommand)) {
  program_.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  if (subcommand == "distill") {
    AddDistillOptions(*command_, options_);
  } else {
    options_.width = 200;
    AddTrainingOptions(*command_, options_);
  }
}

void DryRun::Parse(const PlacedFlags& flags, const std::string& dataset,
                   const std::string& teacher) {
  Arguments arguments{{command_->get_name(), dataset, "--output", "model"}, flags.places};
  const std::vector<std::string> words = flags.flags.Words();
  arguments.words.insert(arguments.words.end(), words.begin(), words.end());
  if (!teacher.empty()) arguments.words.insert(arguments.words.end(), {"--teacher", teacher});
  try {
    // CLI11 takes the last word first.
    program_.parse(std::vector<std::string>(arguments.words.rbegin(), arguments.words.rend()));
  } catch (const CLI::ParseError& error) {
    throw UsageError(ExplainParseError(program_, error, arguments));
  }
}

}  // namespace derrd::cli
