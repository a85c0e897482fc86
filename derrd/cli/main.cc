// derrd: words in, words out. Exit 0 done, 2 wrong usage, 3 numbers that are not finite, 1 anything
// else, with one line that says what is wrong and what to do.
#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <exception>
#include <iostream>
#include <string>
#include <tuple>
#include <vector>

#include "derrd/cli/command.h"
#include "derrd/cli/config.h"
#include "derrd/core/error.h"
#include "derrd/core/version.h"

namespace derrd::cli {

namespace {

int Complain(const std::exception& error, int code) {
  std::cerr << "derrd: " << error.what() << std::endl;
  return code;
}

// A standard stream that is closed would be given to the next file that is opened, and what is told
// would end up in it. Standard output stays one that cannot be written, so that a lost answer
// shows.
void HoldStandardStreams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(stream, F_GETFD) >= 0) continue;
    std::ignore = ::open("/dev/null", stream == STDERR_FILENO ? O_WRONLY : O_RDONLY);
  }
}

// "$TOKEN" of an unset variable is a slip and not a wish to leave the flag out.
void RefuseEmptyWords(CLI::App& program) {
  const CLI::Validator check(
      [](const std::string& word) {
        return std::string(word.empty() ? "is empty; give a value, or leave it out" : "");
      },
      "");
  for (CLI::App* command : program.get_subcommands({})) {
    for (CLI::Option* option : command->get_options()) {
      if (option->get_items_expected_max() > 0) option->check(check);
    }
  }
}

int Main(int argc, char** argv) {
  HoldStandardStreams();
  std::signal(SIGXFSZ, SIG_IGN);  // a file over the limit is an error of the write, which says so
  CLI::App program("derrd makes a small recommender answer like a large one.", "derrd");
  program.set_version_flag("--version", std::string(Version()));
  program.require_subcommand(1);
  program.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  AddImportCommand(program);
  AddImportTeacherCommand(program);
  AddSynthCommand(program);
  AddTrainCommand(program);
  AddDistillCommand(program);
  AddEvaluateCommand(program);
  AddRecommendCommand(program);
  AddServeCommand(program);
  AddBenchCommand(program);
  AddExportCommand(program);
  AddInfoCommand(program);
  AddMethodsCommand(program);
  AddExperimentCommand(program);
  AddReportCommand(program);
  RefuseEmptyWords(program);
  Arguments arguments;
  try {
    arguments = ExpandConfig(program, {argv + 1, argv + argc});
    // CLI11 takes the last word first.
    program.parse(std::vector<std::string>(arguments.words.rbegin(), arguments.words.rend()));
    return 0;
  } catch (const CLI::Success& help) {
    return program.exit(help);
  } catch (const CLI::ParseError& error) {
    return Complain(Error(ExplainParseError(program, error, arguments)), 2);
  } catch (const UsageError& error) {
    return Complain(error, 2);
  } catch (const NotFinite& error) {
    return Complain(error, NotFinite::kExitCode);
  } catch (const std::bad_alloc&) {
    return Complain(Error("out of memory; use smaller widths, or a machine with more"), 1);
  } catch (const std::exception& error) {
    return Complain(error, 1);
  }
}

}  // namespace
}  // namespace derrd::cli

int main(int argc, char** argv) { return derrd::cli::Main(argc, argv); }
