#include "derrd/cli/hyper_parameter_flags.h"

#include <type_traits>

#include "derrd/cli/command.h"

namespace derrd::cli {
namespace {

template <typename T>
void AddHeld(CLI::App& app, const std::string& flag, const std::string& about,
             const Bounded<T>& number) {
  if constexpr (std::is_integral_v<T>) {
    AddFlag(app, flag, *number.value, about,
            WholeNumber(static_cast<std::uint64_t>(number.least),
                        static_cast<std::uint64_t>(number.most)));
  } else {
    AddFlag(app, flag, *number.value, about, Number(number.least, number.most));
  }
}

void AddHeld(CLI::App& app, const std::string& flag, const std::string& about,
             const LeftOpen& number) {
  app.add_option(flag, *number.value, about)
      ->check(Number(number.least, number.most))
      ->default_str(fmt::format("{}", number.otherwise));
}

void AddHeld(CLI::App& app, const std::string& flag, const std::string& about, const OneOf& word) {
  AddFlag(app, flag, *word.value, about, CLI::IsMember(word.words));
}

void AddHeld(CLI::App& app, const std::string& flag, const std::string& about,
             const Switch& choice) {
  app.add_option_function<std::string>(
         flag, [choice](const std::string& word) { *choice.value = word == choice.on; }, about)
      ->check(CLI::IsMember({choice.on, choice.off}))
      ->default_str(*choice.value ? choice.on : choice.off);
}

void AddHeld(CLI::App& app, const std::string& flag, const std::string& about,
             const InputFiles& files) {
  app.add_option(flag, *files.paths, about)
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("FILE,FILE,...");
}

}  // namespace

void AddFlags(CLI::App& app, const std::string& owner, std::span<const HyperParameter> parameters) {
  for (const HyperParameter& parameter : parameters) {
    const std::string flag = "--" + FlagOf(owner, parameter);
    std::visit([&](const auto& held) { AddHeld(app, flag, parameter.about, held); },
               parameter.holder);
  }
}

void AddFlags(CLI::App& app, const MethodTable& table) {
  std::size_t before = app.get_options().size();
  for (const auto& method : table.methods()) {
    const std::string name = method->info().name;
    AddFlags(app, name, method->parameters());
    const std::vector<CLI::Option*> options = app.get_options();
    for (; before < options.size(); ++before) options[before]->group(HeadingOf(name));
  }
}

std::string HeadingOf(const std::string& method) { return "Method " + method; }

bool IsFlagOf(const std::string& method, std::string_view flag) {
  return flag == "--lambda-" + method || flag.starts_with("--" + method + "-");
}

nlohmann::ordered_json FlagsOf(const Method& method) {
  CLI::App app;
  app.set_help_flag();
  AddFlags(app, method.info().name, method.parameters());
  auto flags = nlohmann::ordered_json::array();
  for (const CLI::Option* option : app.get_options()) {
    flags.push_back({{"flag", option->get_name()},
                     {"default", option->get_default_str()},
                     {"about", option->get_description()}});
  }
  return flags;
}

void AddBaseModelOptions(CLI::App& app, BaseModelOptions& options) {
  AddFlag(app, "--model", options.kind,
          "Kind of model (docs/models.md); ials is solved, so it can only be a teacher",
          CLI::IsMember(BaseModelKinds()));
  app.add_option("--loss", options.loss,
                 "What it learns from data by: bpr or bce (as suits the kind of model)")
      ->check(CLI::IsMember(BaseLosses()));
  app.add_option("--negatives-per-interaction", options.negatives_per_interaction,
                 "Unobserved items drawn for each interaction (as suits the kind of model)")
      ->check(WholeNumber(1, 1000));
  for (const std::string& kind : BaseModelKinds()) AddFlags(app, kind, ParametersOf(options, kind));
}

void TellUnusedFlags(const CLI::App& app, const BaseModelOptions& options) {
  for (const std::string& kind : BaseModelKinds()) {
    if (kind == options.kind) continue;
    const std::string start = fmt::format("--{}-", kind);
    for (const CLI::Option* option : app.get_options()) {
      if (option->count() == 0 || !option->get_name().starts_with(start)) continue;
      TellUnused(*option, fmt::format("model {}", kind), "--model " + options.kind);
    }
  }
}

}  // namespace derrd::cli
