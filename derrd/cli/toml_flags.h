// TOML keys that stand for the flags of a subcommand.
#ifndef DERRD_CLI_TOML_FLAGS_H_
#define DERRD_CLI_TOML_FLAGS_H_

#include <toml++/toml.h>

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>

namespace derrd::cli {

inline constexpr std::string_view kConfigFlag = "--config";

// UsageError with line and column for what is not TOML.
toml::table ParseToml(const std::string& path);

// Where a key stands: "FILE:LINE".
std::string PlaceOf(const std::string& path, const toml::key& key);

// "l2" and "l_2" become "--l2" and "--l-2".
std::string FlagOf(std::string key);

// The option that the key stands for; null when there is none, or when it is none that a file may
// set (--help, --config).
const CLI::Option* SettingNamed(const CLI::App& command, const std::string& key);

// Whether the option is one without a value, true or false.
bool IsSwitch(const CLI::Option& option);
// What its value is to be: "number", "whole number", ...
std::string ExpectedBy(const CLI::Option& option);

// The value as a word of the command line ("true" and "false" for a switch). Whole numbers pass for
// text too: ids often look like numbers. UsageError when it is of another type.
std::string WordOf(const CLI::Option& option, const std::string& place, const std::string& key,
                   const toml::node& value);

// "FILE:3: 'width' needs a whole number and has text; correct that line".
[[noreturn]] void FailType(const std::string& place, const std::string& key,
                           const std::string& expected, const toml::node& value);
// Names the nearest flag.
[[noreturn]] void FailNoFlag(const CLI::App& command, const std::string& place,
                             const std::string& key);

}  // namespace derrd::cli

#endif  // DERRD_CLI_TOML_FLAGS_H_
