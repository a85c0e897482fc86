// Hyper-parameters as flags.
#ifndef DERRD_CLI_HYPER_PARAMETER_FLAGS_H_
#define DERRD_CLI_HYPER_PARAMETER_FLAGS_H_

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>

#include "derrd/methods/base_model.h"
#include "derrd/methods/method_table.h"

namespace derrd::cli {

// Declares a flag for each, "--lambda-OWNER" or "--OWNER-KEY". What they are held in must outlive
// the app.
void AddFlags(CLI::App& app, const std::string& owner, std::span<const HyperParameter> parameters);

// Those of every method, each method's under a heading of its own.
void AddFlags(CLI::App& app, const MethodTable& table);
std::string HeadingOf(const std::string& method);
// Whether a flag ("--als-l2") is one of the method's own.
bool IsFlagOf(const std::string& method, std::string_view flag);
// A method's flags with their defaults: [{"flag", "default", "about"}, ...].
nlohmann::ordered_json FlagsOf(const Method& method);

// Declares --model, --loss, --negatives-per-interaction and the flags of each kind.
void AddBaseModelOptions(CLI::App& app, BaseModelOptions& options);
// Flags of kinds other than the one that is trained do nothing: a note says so.
void TellUnusedFlags(const CLI::App& app, const BaseModelOptions& options);

}  // namespace derrd::cli

#endif  // DERRD_CLI_HYPER_PARAMETER_FLAGS_H_
