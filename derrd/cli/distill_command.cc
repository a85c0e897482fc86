// derrd distill: a teacher's knowledge into a small student.
#include <algorithm>
#include <iterator>

#include "derrd/cli/distill_options.h"
#include "derrd/cli/objective.h"
#include "derrd/cli/solving.h"
#include "derrd/core/error.h"
#include "derrd/core/fingerprint.h"
#include "derrd/eval/evaluator.h"
#include "derrd/eval/same_ids.h"
#include "derrd/models/bpr_mf.h"
#include "derrd/models/truncated_svd.h"

namespace derrd::cli {
namespace {

using Json = nlohmann::ordered_json;

// What is not trained is rows whose products are scores, whatever the teacher is.
void CheckKind(const std::string& what, const DistillOptions& options) {
  if (options.model.kind == BprMf::kKind) return;
  Fail<UsageError>("{}: makes a student of the kind {}; leave out --model {}", what, BprMf::kKind,
                   options.model.kind);
}

// The teacher cut to the student's width: what one would try before distilling.
void Truncate(const DistillOptions& options, const Dataset& dataset, const Model& teacher,
              const Parallel& parallel) {
  const auto factors = teacher.factors();
  if (!factors) {
    Fail<UsageError>(
        "--method svd: needs a teacher whose scores are products of rows, and {} is {}",
        options.teacher, teacher.kind());
  }
  const Factors cut = TruncateFactors(factors->user, factors->item, options.width);
  auto student = std::make_unique<BprMf>(cut.user, cut.item);
  const Metrics valid =
      dataset.valid().empty() ? Metrics() : Evaluate(*student, dataset, Split::kValid, parallel);
  WriteModel(options, dataset, std::move(student),
             {{"method", MethodTable::kSvd},
              {"width", options.width},
              {"dataset", Fingerprint(options.dataset)},
              {"teacher", Fingerprint(options.teacher)}},
             valid);
}

void TruncateTeacher(const DistillOptions& options, const Dataset& dataset,
                     const Parallel& parallel) {
  CheckKind("--method svd", options);
  const bool trains = options.checkpoints.every > 0 || options.checkpoints.resume;
  if (trains || !options.init.empty()) {
    Fail<UsageError>(
        "--method svd: trains nothing; leave out --init, --checkpoint-every and --resume");
  }
  const ModelFile teacher = ModelFile::Open(options.teacher);
  CheckSameIds(teacher, options.teacher, dataset);
  Truncate(options, dataset, *teacher.model, parallel);
}

Json ConfigOf(const DistillOptions& options, const Dataset& dataset, const MethodSum& sum) {
  Json config = cli::ConfigOf(options, dataset, sum.name);
  if (!sum.HasBase()) config.erase("loss");
  config["teacher"] = Fingerprint(options.teacher);
  for (const Method* method : sum.methods) config[method->info().name] = method->Config();
  return config;
}

// What the methods read besides the data set.
std::vector<std::string> InputsOf(const DistillOptions& options, const MethodSum& sum) {
  std::vector<std::string> inputs = {options.teacher};
  for (const Method* method : sum.methods)
    std::ranges::move(method->Files(), std::back_inserter(inputs));
  return inputs;
}

// Checks the memory before the teacher is opened, and again when its width is known. `needs`: what
// the student will hold.
ModelFile OpenTeacher(const DistillOptions& options, const Dataset& dataset, const MethodSum& sum,
                      std::vector<MemoryNeed> needs) {
  const RunSize size = SizeOf(options, dataset);
  const auto add = [&needs](const std::vector<MemoryNeed>& more) {
    needs.insert(needs.end(), more.begin(), more.end());
  };
  for (const Method* method : sum.methods) add(method->NeedsBeforeTeacher(size));
  needs.push_back({"--teacher", FileBytes(options.teacher)});
  CheckMemory(needs);
  ModelFile teacher = ModelFile::Open(options.teacher);
  CheckSameIds(teacher, options.teacher, dataset);
  CheckTeacher(sum, options.teacher, *teacher.model);
  needs.pop_back();  // the teacher has its memory by now
  for (const Method* method : sum.methods) {
    add(method->NeedsWithTeacher(size, teacher.model->representation_width()));
  }
  CheckMemory(needs);
  return teacher;
}

// Least squares; the student is what `--method svd` leaves too, rows whose products are scores.
void Solve(const DistillOptions& options, const Dataset& dataset, const MethodSum& sum,
           const Parallel& parallel) {
  const Method& method = *sum.methods.front();
  const std::string what = "--method " + sum.name;
  CheckKind(what, options);
  CheckSolvable(what, options);
  const ModelFile teacher = OpenTeacher(options, dataset, sum, SolverNeeds(options, dataset));
  const auto solver = method.MakeSolver(
      {dataset, *teacher.model, options.teacher, options.width, options.seed, parallel, {}});
  Json config = SolverConfig(options, sum.name);
  config["teacher"] = Fingerprint(options.teacher);
  config[sum.name] = method.Config();
  SweepAndWrite("distill", options, dataset, *solver.ials, solver.sweeps, BprMf::kKind,
                std::move(config), parallel);
}

void RunDistill(const DistillOptions& options) {
  const MethodSum sum = options.table.Parse(options.method);
  if (!sum.HasBase() && options.model.loss) {
    Fail<UsageError>("--loss: nothing is learned from the data beside --method {}; leave it out",
                     sum.name);
  }
  CheckTrainingOutputs(options, InputsOf(options, sum));
  const Dataset dataset = Dataset::Open(options.dataset);
  const Parallel parallel(options.threads);
  if (sum.name == MethodTable::kSvd) return TruncateTeacher(options, dataset, parallel);
  if (sum.IsSolved()) return Solve(options, dataset, sum, parallel);
  const ModelFile teacher = OpenTeacher(options, dataset, sum, MemoryNeeds(options, dataset));
  Json config = ConfigOf(options, dataset, sum);
  Checkpoints checkpoints(options.checkpoints, options.output, config);
  const auto student = StartModel(options, dataset);
  const auto terms =
      Objective(options, sum, dataset, *teacher.model, student->representation_width(), parallel);
  TrainAndWrite("distill", options, dataset, *student, terms, std::move(config), checkpoints,
                parallel);
}

}  // namespace

void AddDistillCommand(CLI::App& program) {
  const auto [app, options] =
      AddCommand<DistillOptions>(program, "distill", "Distil a teacher into a small student",
                                 "derrd distill citeulike.derrd --teacher teacher.derrd --method "
                                 "de-rrd --width 20 -o student.derrd",
                                 RunDistill);
  AddDistillOptions(*app, *options);
}

}  // namespace derrd::cli
