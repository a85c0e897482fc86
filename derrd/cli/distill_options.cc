#include "derrd/cli/distill_options.h"

#include <algorithm>
#include <iterator>

#include "derrd/cli/hyper_parameter_flags.h"
#include "derrd/cli/solving.h"
#include "derrd/core/error.h"
#include "derrd/models/bpr_mf.h"

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

// What is not trained is rows whose products are scores, whatever the teacher is.
void CheckKind(const std::string& what, const DistillOptions& options) {
  if (options.model.kind == BprMf::kKind) return;
  Fail<UsageError>("{}: makes a student of the kind {}; leave out --model {}", what, BprMf::kKind,
                   options.model.kind);
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
  AddFlags(app, options.table);
}

void CheckUsage(const DistillOptions& options, const MethodSum& sum) {
  const std::string what = "--method " + sum.name;
  const bool drawn = options.model.negatives_per_interaction.has_value() && !sum.IsSolved();
  if (!sum.HasBase() && (options.model.loss || drawn)) {
    Fail<UsageError>("{}: nothing is learned from the data beside {}; leave it out",
                     drawn ? "--negatives-per-interaction" : "--loss", what);
  }
  const bool cut = sum.name == MethodTable::kSvd;
  if (cut || sum.IsSolved()) {
    CheckKind(what, options);
    CheckUntrained(what, cut ? "trains nothing" : "is solved anew", options);
  }
}

std::vector<MemoryNeed> NeedsBeforeTeacher(const DistillOptions& options, const MethodSum& sum,
                                           const Dataset& dataset) {
  const RunSize size = SizeOf(options, dataset);
  std::vector<MemoryNeed> needs =
      sum.IsSolved() ? SolverNeeds(options, dataset) : MemoryNeeds(options, dataset);
  for (const Method* method : sum.methods) {
    std::ranges::move(method->NeedsBeforeTeacher(size), std::back_inserter(needs));
  }
  return needs;
}

}  // namespace derrd::cli
