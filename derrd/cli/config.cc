#include "derrd/cli/config.h"

#include <toml++/toml.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <optional>

#include "derrd/cli/toml_flags.h"
#include "derrd/core/error.h"
#include "derrd/core/nearest.h"

namespace derrd::cli {
namespace {

constexpr std::string_view kEndOfFlags = "--";

std::vector<std::string> FlagsOf(const CLI::App& command) {
  std::vector<std::string> flags;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) flags.push_back("--" + name);
    for (const std::string& name : option->get_snames()) flags.push_back("-" + name);
  }
  return flags;
}

std::vector<std::string> SubcommandsOf(const CLI::App& program) {
  std::vector<std::string> names;
  for (const CLI::App* command : program.get_subcommands({})) names.push_back(command->get_name());
  return names;
}

const CLI::App* FindSubcommand(const CLI::App& program, const std::string& name) {
  const auto commands = program.get_subcommands({});
  const auto found = std::ranges::find(commands, name, [](auto* app) { return app->get_name(); });
  return found == commands.end() ? nullptr : *found;
}

// Whether a word of the command line sets this option: "--name", "--name=value", "-n", "-nvalue".
bool Sets(const std::string& word, const CLI::Option& option) {
  if (word.starts_with("--")) return option.check_name(word.substr(0, word.find('=')));
  return word.size() > 1 && word[0] == '-' && option.check_name(word.substr(0, 2));
}

// Reads the keys of one file into words for one subcommand.
class ConfigReader {
 public:
  ConfigReader(const CLI::App& program, const CLI::App& command, std::string path)
      : program_(program), command_(command), path_(std::move(path)) {}

  void Read() {
    const toml::table file = ParseToml(path_);
    ReadTable(file, /*top=*/true);
    if (const toml::node* own = file.get(command_.get_name())) ReadTable(*own->as_table(), false);
  }

  // Moves what was read to `arguments`, without what `given` sets.
  void AddTo(Arguments& arguments, const std::vector<std::string>& given) {
    for (auto& [option, setting] : settings_) {
      const auto sets = [o = option](const std::string& word) { return Sets(word, *o); };
      if (std::ranges::any_of(given, sets)) continue;
      std::ranges::move(setting.words, std::back_inserter(arguments.words));
      arguments.places[option->get_name()] = setting.place;
    }
  }

 private:
  struct Setting {
    std::vector<std::string> words;
    std::string place;
  };

  void ReadTable(const toml::table& table, bool top) {
    for (const auto& [key, value] : table) {
      const std::string name(key.str());
      const std::string place = PlaceOf(path_, key);
      if (top && FindSubcommand(program_, name) != nullptr) {
        if (!value.is_table()) FailType(place, name, "a table of flags", value);
        continue;
      }
      ReadKey(place, name, value, top);
    }
  }

  void ReadKey(const std::string& place, const std::string& name, const toml::node& value,
               bool top) {
    const std::string flag = FlagOf(name);
    const CLI::Option* option = SettingNamed(command_, name);
    if (option == nullptr) FailUnknown(place, name, value, top);
    Setting setting{{}, place};
    if (const toml::array* values = value.as_array()) {
      if (option->get_items_expected_max() <= 1) {
        FailType(place, name, "one " + ExpectedBy(*option), value);
      }
      for (const toml::node& element : *values) Add(setting, flag, *option, name, element);
    } else {
      Add(setting, flag, *option, name, value);
    }
    settings_[option] = std::move(setting);
  }

  // The words that give the option one value. A value stands alone, so that it may be empty.
  static void Add(Setting& setting, const std::string& flag, const CLI::Option& option,
                  const std::string& name, const toml::node& value) {
    const std::string text = WordOf(option, setting.place, name, value);
    if (IsSwitch(option)) {
      setting.words.push_back(flag + "=" + text);
    } else {
      setting.words.insert(setting.words.end(), {flag, text});
    }
  }

  [[noreturn]] void FailUnknown(const std::string& place, const std::string& name,
                                const toml::node& value, bool top) const {
    if (top && value.is_table()) {
      Fail<UsageError>("{}: [{}] is no subcommand{}", place, name,
                       DidYouMean(name, SubcommandsOf(program_)));
    }
    FailNoFlag(command_, place, name);
  }

  const CLI::App& program_;
  const CLI::App& command_;
  std::string path_;
  std::map<const CLI::Option*, Setting> settings_;
};

// Takes `--config FILE` out of the words after the subcommand.
std::optional<std::string> TakeConfigPath(std::vector<std::string>& words, std::size_t from) {
  std::optional<std::string> path;
  const std::string with_value = std::string(kConfigFlag) + "=";
  for (std::size_t i = from; i < words.size() && words[i] != kEndOfFlags;) {
    const auto word = words.begin() + static_cast<std::ptrdiff_t>(i);
    if (path && (word->starts_with(with_value) || *word == kConfigFlag)) {
      Fail<UsageError>("{} is given twice; put all flags into one file", kConfigFlag);
    }
    if (word->starts_with(with_value)) {
      path = word->substr(with_value.size());
      words.erase(word);
    } else if (*word == kConfigFlag && i + 1 < words.size()) {
      path = *(word + 1);
      words.erase(word, word + 2);
    } else {
      ++i;
    }
  }
  return path;
}

}  // namespace

Arguments ExpandConfig(const CLI::App& program, std::vector<std::string> words) {
  const auto chosen = std::ranges::find_if(
      words, [&](const std::string& word) { return FindSubcommand(program, word) != nullptr; });
  if (chosen == words.end()) return {std::move(words), {}};
  const CLI::App& command = *FindSubcommand(program, *chosen);
  const auto after = static_cast<std::size_t>(chosen - words.begin()) + 1;
  const std::optional<std::string> path = TakeConfigPath(words, after);
  if (!path) return {std::move(words), {}};

  ConfigReader reader(program, command, *path);
  reader.Read();
  const auto rest = words.begin() + static_cast<std::ptrdiff_t>(after);
  const std::vector<std::string> given(rest, std::find(rest, words.end(), kEndOfFlags));
  Arguments arguments{std::vector<std::string>(words.begin(), rest), {}};
  reader.AddTo(arguments, given);
  // Stands last, so that a flag of several values does not take the positionals for more of them.
  arguments.words.insert(arguments.words.end(), {std::string(kConfigFlag), *path});
  arguments.words.insert(arguments.words.end(), rest, words.end());
  return arguments;
}

std::string ExplainParseError(const CLI::App& program, const CLI::ParseError& error,
                              const Arguments& arguments) {
  const auto chosen = program.get_subcommands();
  const CLI::App& command = chosen.empty() ? program : *chosen.front();
  const std::string name = chosen.empty() ? "derrd" : "derrd " + command.get_name();
  for (const std::string& word : command.remaining()) {
    if (word.starts_with("-") && word != kEndOfFlags) {
      const std::string flag = word.substr(0, word.find('='));
      return fmt::format("'{}' has no flag '{}'{}; '{} --help' lists them", name, flag,
                         DidYouMean(flag, FlagsOf(command)), name);
    }
    if (chosen.empty()) {
      return fmt::format("no subcommand '{}'{}; 'derrd --help' lists them", word,
                         DidYouMean(word, SubcommandsOf(program)));
    }
  }
  const std::string message = error.what();
  for (const auto& [flag, place] : arguments.places) {
    if (message.starts_with(flag + ":") || message.find(" " + flag + " ") != std::string::npos) {
      return fmt::format("{}: {}; correct that line", place, message);
    }
  }
  return fmt::format("{}; '{} --help' shows how", message, name);
}

}  // namespace derrd::cli
