// What the subcommands share. Each subcommand is one file with one Add...Command function, which
// declares its flags and what runs when it is chosen.
#ifndef DERRD_CLI_COMMAND_H_
#define DERRD_CLI_COMMAND_H_

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace derrd::cli {

// Flags of every subcommand.
struct CommonOptions {
  std::uint64_t seed = 0;
  int threads = 0;  // 0: one a core
  bool json = false;
};

template <typename Options>
struct Command {
  CLI::App* app;
  std::shared_ptr<Options> options;
};

// Numbers within bounds; what is no number (nan, 1e999, -1 where none may be negative) is refused.
CLI::Validator Number(double least, double most);
CLI::Validator WholeNumber(std::uint64_t least, std::uint64_t most);

// Adds a flag with its bounds, showing its default.
template <typename Value>
void AddFlag(CLI::App& app, const std::string& flag, Value& value, const std::string& about,
             const CLI::Validator& check) {
  app.add_option(flag, value, about)->check(check)->capture_default_str();
}

template <typename T>
using Choices = std::vector<std::pair<std::string, T>>;

// A flag whose value is one of a few words.
template <typename T, typename Target>
void AddChoice(CLI::App& app, const std::string& flag, Target& target, const Choices<T>& choices,
               const std::string& about) {
  std::string words;
  for (const auto& [word, value] : choices) words += (words.empty() ? "" : "|") + word;
  const auto choose = [flag, words, choices, &target](const std::string& given) {
    for (const auto& [word, value] : choices) {
      if (word != given) continue;
      target = value;
      return;
    }
    throw CLI::ValidationError(flag, fmt::format("'{}' is none of {}", given, words));
  };
  app.add_option_function<std::string>(flag, choose, about)->type_name(words);
}

// Adds a subcommand with the common flags, an example for its help, and what it does. The options
// object is owned by the subcommand, so `run` may refer to it.
template <typename Options>  // Options derives from CommonOptions
Command<Options> AddCommand(CLI::App& program, const std::string& name, const std::string& about,
                            const std::string& example, void (*run)(const Options&)) {
  auto options = std::make_shared<Options>();
  CLI::App* app = program.add_subcommand(name, about);
  app->footer("Example:\n  " + example);
  app->add_option("--seed", options->seed, "Seed of every random draw")
      ->check(WholeNumber(0, std::numeric_limits<std::uint64_t>::max()))
      ->capture_default_str();
  app->add_option("--threads", options->threads, "Threads (one a core unless given)")
      ->check(WholeNumber(1, 1024));
  app->add_flag("--json", options->json,
                "Print one JSON object on standard output, and nothing else there");
  app->add_option("--config", "TOML file with any of these flags as keys; flags win over it");
  app->callback([options, run] { run(*options); });
  return {app, std::move(options)};
}

// Says on standard error what may surprise: "note: TEXT". Nothing where the text is empty.
void Note(const std::string& text);
// Says that a flag which was given, being of `owner`, changes nothing of this run. A file of flags
// may serve several runs, so that this is told and not refused.
void TellUnused(const CLI::Option& flag, std::string_view owner, std::string_view run);

// Writes to standard output; Error when that fails.
void Print(std::string_view text);
// Prints the one JSON object of --json.
void PrintJson(const nlohmann::ordered_json& object);

void AddImportCommand(CLI::App& program);
void AddImportTeacherCommand(CLI::App& program);
void AddSynthCommand(CLI::App& program);
void AddTrainCommand(CLI::App& program);
void AddDistillCommand(CLI::App& program);
void AddEvaluateCommand(CLI::App& program);
void AddRecommendCommand(CLI::App& program);
void AddServeCommand(CLI::App& program);
void AddBenchCommand(CLI::App& program);
void AddInfoCommand(CLI::App& program);
void AddMethodsCommand(CLI::App& program);
void AddExperimentCommand(CLI::App& program);
void AddReportCommand(CLI::App& program);
void AddExportCommand(CLI::App& program);

}  // namespace derrd::cli

#endif  // DERRD_CLI_COMMAND_H_
