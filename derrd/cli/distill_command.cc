// derrd distill: a teacher's knowledge into a small student.
#include <algorithm>
#include <iterator>

#include "derrd/cli/distill_options.h"
#include "derrd/cli/hyper_parameter_flags.h"
#include "derrd/cli/preparation.h"
#include "derrd/cli/solving.h"
#include "derrd/core/error.h"
#include "derrd/core/fingerprint.h"
#include "derrd/eval/evaluator.h"
#include "derrd/eval/same_ids.h"
#include "derrd/methods/objective.h"
#include "derrd/models/bpr_mf.h"
#include "derrd/models/truncated_svd.h"

namespace derrd::cli {
namespace {

using Json = nlohmann::ordered_json;

// The teacher cut to the student's width: what one would try before distilling.
void Truncate(const DistillOptions& options, const Dataset& dataset, const Model& teacher,
              const Parallel& parallel) {
  const auto factors = teacher.factors();
  const Factors cut = TruncateFactors(factors->user, factors->item, options.width);
  auto student = std::make_unique<BprMf>(cut.user, cut.item);
  const Metrics valid =
      dataset.valid().empty() ? Metrics() : Evaluate(*student, dataset, Split::kValid, parallel);
  WriteModel(options, dataset, std::move(student),
             {{"method", MethodTable::kSvd},
              {"width", options.width},
              {config_keys::kDataset, dataset.fingerprint()},
              {config_keys::kTeacher, Fingerprint(options.teacher)}},
             valid);
}

void TruncateTeacher(const DistillOptions& options, const Dataset& dataset, const MethodSum& sum,
                     const Parallel& parallel) {
  const ModelFile teacher = ModelFile::Open(options.teacher);
  CheckSameIds(teacher, options.teacher, dataset);
  Note(NoteOnOtherData(teacher, options.teacher, dataset));
  CheckTeacher(sum, options.teacher, *teacher.model);
  Truncate(options, dataset, *teacher.model, parallel);
}

Json ConfigOf(const DistillOptions& options, const Dataset& dataset, const MethodSum& sum) {
  Json config = cli::ConfigOf(options, dataset, sum.name);
  if (!sum.HasBase()) {
    config.erase("loss");
    config.erase("negatives_per_interaction");
  }
  config[config_keys::kTeacher] = Fingerprint(options.teacher);
  for (const Method* method : sum.methods)
    config[method->info().name] = derrd::ConfigOf(method->parameters());
  return config;
}

// What the methods read besides the data set.
std::vector<std::string> InputsOf(const DistillOptions& options, const MethodSum& sum) {
  std::vector<std::string> inputs = {options.teacher};
  for (const Method* method : sum.methods)
    std::ranges::move(method->Files(), std::back_inserter(inputs));
  return inputs;
}

// Checks the memory before the teacher is opened, and again when its width is known.
ModelFile OpenTeacher(const DistillOptions& options, const Dataset& dataset, const MethodSum& sum) {
  const RunSize size = SizeOf(options, dataset);
  std::vector<MemoryNeed> needs = NeedsBeforeTeacher(options, sum, dataset);
  needs.push_back({"--teacher", FileBytes(options.teacher)});
  CheckMemory(needs);
  ModelFile teacher = ModelFile::Open(options.teacher);
  CheckSameIds(teacher, options.teacher, dataset);
  Note(NoteOnOtherData(teacher, options.teacher, dataset));
  CheckTeacher(sum, options.teacher, *teacher.model);
  needs.pop_back();  // the teacher has its memory by now
  const std::size_t teacher_width = teacher.model->representation_width();
  needs.push_back({"--threads", std::max(0.0, ScoreBlockNeed(size, teacher_width).bytes -
                                                  ScoreBlockNeed(size, size.width).bytes)});
  for (const Method* method : sum.methods) {
    std::ranges::move(method->NeedsWithTeacher(size, teacher_width), std::back_inserter(needs));
  }
  CheckMemory(needs);
  return teacher;
}

// Least squares; the student is what `--method svd` leaves too, rows whose products are scores.
void Solve(const DistillOptions& options, const Dataset& dataset, const MethodSum& sum,
           const Parallel& parallel) {
  const Method& method = *sum.methods.front();
  const ModelFile teacher = OpenTeacher(options, dataset, sum);
  const Method::Solver solver = [&] {
    const Preparation preparation;
    return method.MakeSolver({dataset, *teacher.model, options.teacher, options.width, options.seed,
                              parallel, preparation.listener()});
  }();
  Json config = SolverConfig(options, dataset, sum.name);
  config[config_keys::kTeacher] = Fingerprint(options.teacher);
  config[sum.name] = derrd::ConfigOf(method.parameters());
  if (!solver.chosen.is_null()) config[sum.name].update(solver.chosen);
  SweepAndWrite("distill", options, dataset, *solver.ials, solver.sweeps, BprMf::kKind,
                std::move(config), parallel);
}

void RunDistill(const DistillOptions& options) {
  const MethodSum sum = options.table.Parse(options.method);
  CheckUsage(options, sum);
  CheckTrainingOutputs(options, InputsOf(options, sum));
  const Dataset dataset = Dataset::Open(options.dataset);
  const Parallel parallel(options.threads);
  if (sum.name == MethodTable::kSvd) return TruncateTeacher(options, dataset, sum, parallel);
  if (sum.IsSolved()) return Solve(options, dataset, sum, parallel);
  const ModelFile teacher = OpenTeacher(options, dataset, sum);
  Json config = ConfigOf(options, dataset, sum);
  Checkpoints checkpoints(options.checkpoints, options.output, config);
  const auto student = StartModel(options, dataset);
  const Preparation preparation;
  const auto terms =
      Objective(options.model, sum,
                {dataset, *teacher.model, options.teacher, student->representation_width(),
                 options.seed, parallel, preparation.listener()});
  TrainAndWrite("distill", options, dataset, *student, terms, std::move(config), checkpoints,
                parallel);
}

// Flags of methods that take no part do nothing: a note says so.
void TellUnusedFlags(const CLI::App& app, const DistillOptions& options) {
  const MethodSum sum = options.table.Parse(options.method);
  const std::string run = "--method " + sum.name;
  for (const auto& method : options.table.methods()) {
    if (std::ranges::find(sum.methods, method.get()) != sum.methods.end()) continue;
    const std::string name = method->info().name;
    for (const CLI::Option* option : app.get_options()) {
      if (option->count() == 0 || option->get_group() != HeadingOf(name)) continue;
      TellUnused(*option, "method " + name, run);
    }
  }
  cli::TellUnusedFlags(app, options.model);
  const bool cut = sum.name == MethodTable::kSvd;
  if (cut || sum.IsSolved()) TellGradientFlags(app, run, cut);
}

}  // namespace

void AddDistillCommand(CLI::App& program) {
  const auto [app, options] =
      AddCommand<DistillOptions>(program, "distill", "Distil a teacher into a small student",
                                 "derrd distill citeulike.derrd --teacher teacher.derrd --method "
                                 "de-rrd --width 20 -o student.derrd",
                                 RunDistill);
  AddDistillOptions(*app, *options);
  app->parse_complete_callback(
      [app = app, options = options.get()] { TellUnusedFlags(*app, *options); });
}

}  // namespace derrd::cli
