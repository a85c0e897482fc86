// derrd methods: what `--method` knows.
#include <string>

#include "derrd/cli/command.h"
#include "derrd/cli/hyper_parameter_flags.h"

namespace derrd::cli {
namespace {

using Json = nlohmann::ordered_json;

struct MethodsOptions : CommonOptions {};

Json ToJson(const MethodInfo& info) {
  return {{"name", info.name},
          {"formula", info.formula},
          {"needs", Name(info.need)},
          {"builds_on", info.builds_on},
          {"replaces_base", info.replaces_base},
          {"solved", info.solved},
          {"source", info.source}};
}

Json Listing() {
  const MethodTable table;
  Json listing = {{"methods", Json::array()}, {"sums", Json::array()}};
  for (const MethodInfo& info : MethodTable::Alone()) listing["methods"].push_back(ToJson(info));
  for (const auto& method : table.methods()) {
    Json entry = ToJson(method->info());
    entry["defaults"] = ConfigOf(method->parameters());
    entry["flags"] = FlagsOf(*method);
    listing["methods"].push_back(std::move(entry));
  }
  for (const NamedSum& sum : MethodTable::NamedSums()) {
    listing["sums"].push_back({{"name", sum.name}, {"sum", sum.sum}, {"source", sum.source}});
  }
  return listing;
}

std::string TextOf(const Json& method) {
  std::string text =
      fmt::format("{}\n  {}\n  needs of a teacher: {}\n", method["name"].get<std::string>(),
                  method["formula"].get<std::string>(), method["needs"].get<std::string>());
  const auto builds_on = method["builds_on"].get<std::string>();
  if (!builds_on.empty())
    text += fmt::format("  builds on {}, which must be named too\n", builds_on);
  if (method["solved"].get<bool>()) {
    text += "  stands alone: it is solved and not trained\n";
  } else if (method["replaces_base"].get<bool>()) {
    text += "  takes the place of BPR\n";
  }
  text += fmt::format("  {}\n", method["source"].get<std::string>());
  for (const Json& flag : method.value("flags", Json::array())) {
    text += fmt::format("    {:<34} {}\n",
                        flag["flag"].get<std::string>() + " " + flag["default"].get<std::string>(),
                        flag["about"].get<std::string>());
  }
  return text + "\n";
}

void RunMethods(const MethodsOptions& options) {
  const Json listing = Listing();
  if (options.json) return PrintJson(listing);
  std::string text;
  for (const Json& method : listing["methods"]) text += TextOf(method);
  for (const Json& sum : listing["sums"]) {
    text += fmt::format("{} = {}\n  {}\n\n", sum["name"].get<std::string>(),
                        sum["sum"].get<std::string>(), sum["source"].get<std::string>());
  }
  Print(
      text +
      "Methods are added to BPR unless they say otherwise; any sum is a method too: derrd distill "
      "... --method de+rrd\n");
}

}  // namespace

void AddMethodsCommand(CLI::App& program) {
  AddCommand<MethodsOptions>(program, "methods", "List the methods of distillation",
                             "derrd methods --json", RunMethods);
}

}  // namespace derrd::cli
