#include "derrd/cli/distill_options.h"

#include "derrd/core/error.h"

namespace derrd::cli {
namespace {

// Refuses the word while flags are read, so that one of a configuration file is told of with its
// line.
CLI::Validator MethodName(const MethodTable& table) {
  const auto check = [&table](const std::string& word) -> std::string {
    try {
      table.Parse(word);
      return "";
    } catch (const UsageError& error) {
      return error.what();
    }
  };
  return CLI::Validator(check, "METHOD");
}

}  // namespace

void AddDistillOptions(CLI::App& app, DistillOptions& options) {
  options.width = 20;
  AddTrainingOptions(app, options);
  app.add_option("--teacher", options.teacher, "Model to distil")->required();
  AddFlag(app, "--method", options.method,
          "none (from scratch), svd (the teacher cut to the width), als (solved), best, or methods "
          "joined by '+', such as de+rrd; `derrd methods` lists them",
          MethodName(options.table));
  options.table.AddFlags(app);
}

}  // namespace derrd::cli
