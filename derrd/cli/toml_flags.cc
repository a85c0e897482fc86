#include "derrd/cli/toml_flags.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "derrd/core/error.h"
#include "derrd/core/file.h"
#include "derrd/core/nearest.h"

namespace derrd::cli {
namespace {

// Help and --config itself are no settings.
bool IsSetting(const CLI::App& command, const CLI::Option& option) {
  return &option != command.get_help_ptr() && !option.check_name(std::string(kConfigFlag));
}

// CLI11's name of the type ("INT", "FLOAT", "TEXT"), without what validators add to it.
std::string TypeOf(const CLI::Option& option) {
  const std::string name = option.get_type_name();
  return name.substr(0, name.find(':'));
}

std::optional<std::string> TextOf(const CLI::Option& option, const toml::node& value) {
  const std::string type = TypeOf(option);
  const bool whole = type == "INT" || type == "UINT";
  if (IsSwitch(option)) {
    if (!value.is_boolean()) return std::nullopt;
    return *value.value<bool>() ? "true" : "false";
  }
  if (const auto number = value.value_exact<std::int64_t>()) {
    if (type == "UINT" && *number < 0) return std::nullopt;
    return std::to_string(*number);
  }
  if (const auto number = value.value_exact<double>()) {
    return type == "FLOAT" ? std::optional(fmt::format("{}", *number)) : std::nullopt;
  }
  if (const auto text = value.value_exact<std::string>()) {
    return whole || type == "FLOAT" ? std::nullopt : text;
  }
  return std::nullopt;
}

// A key may be written with dashes or with underscores, and not both ways at once.
void CheckSpellings(const toml::table& table, const std::string& path) {
  std::map<std::string, std::string_view> spelled;
  for (const auto& [key, value] : table) {
    if (const toml::table* inner = value.as_table()) {
      CheckSpellings(*inner, path);
      continue;
    }
    const auto [other, is_new] = spelled.emplace(FlagOf(std::string(key.str())), key.str());
    if (is_new) continue;
    Fail<UsageError>("{}: '{}' is the same as '{}', which stands there too; leave one out",
                     PlaceOf(path, key), key.str(), other->second);
  }
}

}  // namespace

toml::table ParseToml(const std::string& path) {
  const std::string text = ReadTextFile(path);
  try {
    toml::table table = toml::parse(text, path);
    CheckSpellings(table, path);
    return table;
  } catch (const toml::parse_error& error) {
    const toml::source_position at = error.source().begin;
    Fail<UsageError>("{}:{}:{}: not TOML: {}; correct that line", path, at.line, at.column,
                     error.description());
  }
}

std::string PlaceOf(const std::string& path, const toml::key& key) {
  return fmt::format("{}:{}", path, key.source().begin.line);
}

std::string FlagOf(std::string key) {
  std::ranges::replace(key, '_', '-');
  return (key.size() == 1 ? "-" : "--") + key;
}

const CLI::Option* SettingNamed(const CLI::App& command, const std::string& key) {
  const CLI::Option* option = command.get_option_no_throw(FlagOf(key));
  return option != nullptr && IsSetting(command, *option) ? option : nullptr;
}

bool IsSwitch(const CLI::Option& option) { return option.get_items_expected_max() == 0; }

std::string ExpectedBy(const CLI::Option& option) {
  const std::string type = TypeOf(option);
  if (IsSwitch(option)) return "true or false";
  if (type == "INT") return "whole number";
  if (type == "UINT") return "whole number that is not negative";
  if (type == "FLOAT") return "number";
  return "text";
}

std::string WordOf(const CLI::Option& option, const std::string& place, const std::string& key,
                   const toml::node& value) {
  const std::optional<std::string> text = TextOf(option, value);
  if (!text) FailType(place, key, ExpectedBy(option), value);
  return *text;
}

void FailType(const std::string& place, const std::string& key, const std::string& expected,
              const toml::node& value) {
  const bool boolean = value.is_boolean(), text = value.is_string();
  const std::string found = boolean             ? "true or false"
                            : text              ? "text"
                            : value.is_number() ? "a number of another kind"
                            : value.is_array()  ? "an array"
                            : value.is_table()  ? "a table"
                                                : "a date or time";
  Fail<UsageError>("{}: '{}' needs {} and has {}; correct that line", place, key, expected, found);
}

void FailNoFlag(const CLI::App& command, const std::string& place, const std::string& key) {
  std::vector<std::string> keys;
  for (const CLI::Option* option : command.get_options()) {
    if (!IsSetting(command, *option)) continue;
    std::ranges::copy(option->get_lnames(), std::back_inserter(keys));
  }
  std::string dashed = key;
  std::ranges::replace(dashed, '_', '-');
  Fail<UsageError>("{}: '{}' is no flag of 'derrd {}'{}; 'derrd {} --help' lists them", place, key,
                   command.get_name(), DidYouMean(dashed, keys), command.get_name());
}

}  // namespace derrd::cli
