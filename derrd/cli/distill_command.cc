#include "derrd/cli/training.h"
#include "derrd/core/fingerprint.h"
#include "derrd/eval/evaluator.h"
#include "derrd/eval/rankings.h"
#include "derrd/eval/same_ids.h"
#include "derrd/models/bpr_mf.h"
#include "derrd/models/truncated_svd.h"
#include "derrd/train/de_term.h"
#include "derrd/train/rrd_term.h"

namespace derrd::cli {
namespace {

using Json = nlohmann::ordered_json;

struct DistillOptions : TrainingOptions {
  std::string teacher;
  std::string method = "de-rrd";
  DeTermOptions de;
  RrdOptions rrd;
  std::string rrd_sampling = "position";
};

Json ConfigOf(const DeTermOptions& de) {
  return {{"weight", de.weight},
          {"experts", de.experts},
          {"initial_temperature", de.initial_temperature},
          {"final_temperature", de.final_temperature},
          {"temperature_epochs", de.temperature_epochs},
          {"routing_threshold", de.routing_threshold}};
}

Json ConfigOf(const RrdOptions& rrd) {
  return {{"weight", rrd.weight},
          {"interesting", rrd.interesting},
          {"uninteresting", rrd.uninteresting},
          {"top", rrd.top},
          {"temperature", rrd.temperature},
          {"sample_interesting", rrd.sample_interesting}};
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
             {{"method", "svd"},
              {"width", options.width},
              {"dataset", Fingerprint(options.dataset)},
              {"teacher", Fingerprint(options.teacher)}},
             valid);
}

bool UsesDe(const DistillOptions& options) {
  return options.method == "de" || options.method == "de-rrd";
}

bool UsesRrd(const DistillOptions& options) {
  return options.method == "rrd" || options.method == "de-rrd";
}

RrdOptions RrdOf(const DistillOptions& options) {
  RrdOptions rrd = options.rrd;
  rrd.sample_interesting = options.rrd_sampling == "position";
  return rrd;
}

Json ConfigOf(const DistillOptions& options, const Dataset& dataset) {
  Json config = cli::ConfigOf(options, dataset, options.method);
  config["teacher"] = Fingerprint(options.teacher);
  if (UsesDe(options)) config["de"] = ConfigOf(options.de);
  if (UsesRrd(options)) config["rrd"] = ConfigOf(RrdOf(options));
  return config;
}

std::vector<std::unique_ptr<Term>> Objective(const DistillOptions& options, const Dataset& dataset,
                                             const Model& teacher, const Parallel& parallel) {
  std::vector<std::unique_ptr<Term>> terms;
  terms.push_back(MakeBaseTerm(options.model));
  if (UsesDe(options)) {
    terms.push_back(std::make_unique<DeTerm>(teacher, options.width, options.de, options.seed));
  }
  if (UsesRrd(options)) {
    const RrdOptions rrd = RrdOf(options);
    terms.push_back(std::make_unique<RrdTerm>(
        dataset, RankUnobserved(teacher, dataset, rrd.top, parallel), rrd, options.seed));
  }
  return terms;
}

// What the method needs of memory besides the teacher.
std::vector<MemoryNeed> DistillNeeds(const DistillOptions& options, const Dataset& dataset) {
  std::vector<MemoryNeed> needs = MemoryNeeds(options, dataset);
  if (UsesRrd(options)) {
    const RunSize size = SizeOf(options, dataset);
    needs.push_back({"--rrd-top", RankingBytes(size, options.rrd)});
    needs.push_back({"--rrd-interesting and --rrd-uninteresting", ListBytes(size, options.rrd)});
  }
  return needs;
}

// Before the teacher is opened, and again when its width is known.
ModelFile OpenTeacher(const DistillOptions& options, const Dataset& dataset) {
  std::vector<MemoryNeed> needs = DistillNeeds(options, dataset);
  needs.push_back({"--teacher", FileBytes(options.teacher)});
  CheckMemory(needs);
  ModelFile teacher = ModelFile::Open(options.teacher);
  CheckSameIds(teacher, options.teacher, dataset);
  if (UsesDe(options)) {
    needs.back() = {"--de-experts",
                    ExpertBytes(ExpertShape::For(options.de.experts, options.width,
                                                 teacher.model->representation_width()))};
    CheckMemory(needs);
  }
  return teacher;
}

void TruncateTeacher(const DistillOptions& options, const Dataset& dataset,
                     const Parallel& parallel) {
  const bool trains = options.checkpoints.every > 0 || options.checkpoints.resume;
  if (trains || !options.init.empty()) {
    Fail<UsageError>(
        "--method svd: trains nothing; leave out --init, --checkpoint-every and --resume");
  }
  const ModelFile teacher = ModelFile::Open(options.teacher);
  CheckSameIds(teacher, options.teacher, dataset);
  Truncate(options, dataset, *teacher.model, parallel);
}

void RunDistill(const DistillOptions& options) {
  CheckTrainingOutputs(options, {options.teacher});
  const Dataset dataset = Dataset::Open(options.dataset);
  const Parallel parallel(options.threads);
  if (options.method == "svd") return TruncateTeacher(options, dataset, parallel);
  const ModelFile teacher = OpenTeacher(options, dataset);
  Json config = ConfigOf(options, dataset);
  Checkpoints checkpoints(options.checkpoints, options.output, config);
  const auto student = StartModel(options, dataset);
  const auto terms = Objective(options, dataset, *teacher.model, parallel);
  TrainAndWrite("distill", options, dataset, *student, terms, std::move(config), checkpoints,
                parallel);
}

void AddDeOptions(CLI::App& app, DeTermOptions& de) {
  AddFlag(app, "--lambda-de", de.weight, "Weight of the DE loss", Number(0, 1e6));
  AddFlag(app, "--de-experts", de.experts, "Experts for users, and as many for items",
          WholeNumber(1, 4096));
  AddFlag(app, "--de-initial-temperature", de.initial_temperature, "Temperature at epoch 0",
          Number(1e-30, 1e6));
  AddFlag(app, "--de-final-temperature", de.final_temperature,
          "Temperature at epoch --de-temperature-epochs and after", Number(1e-30, 1e6));
  AddFlag(app, "--de-temperature-epochs", de.temperature_epochs,
          "Epochs from the initial to the final temperature", Number(1e-3, 1e9));
  AddFlag(app, "--de-routing-threshold", de.routing_threshold,
          "Experts whose selection weight is below this are not computed (0: compute all)",
          Number(0, 1));
}

void AddRrdOptions(CLI::App& app, DistillOptions& options) {
  RrdOptions& rrd = options.rrd;
  AddFlag(app, "--lambda-rrd", rrd.weight, "Weight of the RRD loss", Number(0, 1e6));
  AddFlag(app, "--rrd-interesting", rrd.interesting, "Interesting items a user (K)",
          WholeNumber(1, 1 << 20));
  AddFlag(app, "--rrd-uninteresting", rrd.uninteresting, "Uninteresting items a user (L)",
          WholeNumber(0, 1 << 20));
  AddFlag(app, "--rrd-top", rrd.top, "Interesting items come from the teacher's top this many",
          WholeNumber(1, 1 << 24));
  AddFlag(app, "--rrd-temperature", rrd.temperature,
          "Positions over which the chance to be sampled falls by a factor e", Number(1e-3, 1e9));
  AddFlag(app, "--rrd-sampling", options.rrd_sampling,
          "position: sample interesting items by rank; none: take the top K",
          CLI::IsMember({"position", "none"}));
}

}  // namespace

void AddDistillCommand(CLI::App& program) {
  const auto [app, options] =
      AddCommand<DistillOptions>(program, "distill", "Distil a teacher into a small student",
                                 "derrd distill citeulike.derrd --teacher teacher.derrd --method "
                                 "de-rrd --width 20 -o student.derrd",
                                 RunDistill);
  options->width = 20;
  AddTrainingOptions(*app, *options);
  app->add_option("--teacher", options->teacher, "Model to distil")->required();
  app->add_option("--method", options->method,
                  "none (from scratch), de, rrd, de-rrd, or svd (the teacher cut to the width)")
      ->check(CLI::IsMember({"none", "de", "rrd", "de-rrd", "svd"}))
      ->capture_default_str();
  AddDeOptions(*app, options->de);
  AddRrdOptions(*app, *options);
}

}  // namespace derrd::cli
