#include "derrd/cli/solving.h"

#include <chrono>

#include "derrd/cli/epoch_log.h"
#include "derrd/cli/progress.h"
#include "derrd/core/error.h"
#include "derrd/core/fingerprint.h"
#include "derrd/eval/evaluator.h"

namespace derrd::cli {
namespace {

using Json = nlohmann::ordered_json;

double SecondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

void CheckUntrained(const std::string& what, const std::string& why,
                    const TrainingOptions& options) {
  if (options.init.empty() && options.checkpoints.every == 0 && !options.checkpoints.resume &&
      options.keep_every == 0) {
    return;
  }
  Fail<UsageError>("{}: {}; leave out --init, --checkpoint-every, --keep-every and --resume", what,
                   why);
}

void CheckSolvable(const TrainingOptions& options) {
  CheckUntrained("--model " + options.model.kind, "is solved anew in seconds", options);
}

// In double precision: rows of both sides, turned and solved, and a rounded copy or two.
std::vector<MemoryNeed> SolverNeeds(const TrainingOptions& options, const Dataset& dataset) {
  const double numbers =
      static_cast<double>(dataset.users() + dataset.items()) * static_cast<double>(options.width);
  return {{"--width", (3 * sizeof(double) + 2 * sizeof(float)) * numbers}};
}

Json SolverConfig(const TrainingOptions& options, const std::string& method) {
  return {{"method", method},
          {"dataset", Fingerprint(options.dataset)},
          {"seed", options.seed},
          {"width", options.width}};
}

void SolveAndWrite(const TrainingOptions& options, const Dataset& dataset,
                   const Parallel& parallel) {
  CheckSolvable(options);
  CheckMemory(SolverNeeds(options, dataset));
  IalsOptions solver = options.model.ials;
  solver.width = options.width;
  Ials ials(WeightedListsView(dataset.train()), dataset.items(), solver, options.seed);
  Json config = SolverConfig(options, "none");
  config.update(ConfigOf(options.model));
  SweepAndWrite("train", options, dataset, ials, options.model.ials_sweeps, Ials::kKind,
                std::move(config), parallel);
}

void SweepAndWrite(const std::string& label, const TrainingOptions& options, const Dataset& dataset,
                   Ials& ials, std::int32_t sweeps, std::string_view kind, Json config,
                   const Parallel& parallel) {
  const EarlyStoppingOptions stopping_options = StoppingOptions(options, dataset);
  if (!dataset.valid().empty()) {
    config["patience"] = stopping_options.patience;
    config["stop_metrics"] = stopping_options.watch;
    config["keep_metric"] = stopping_options.keep;
  }
  EarlyStopping stopping(stopping_options);
  EpochLog log(options.log, "");
  Progress progress(label, static_cast<std::uint64_t>(sweeps), "sweeps");
  std::unique_ptr<Model> best;
  std::int32_t best_sweep = 0, sweep = 0;
  std::string note;
  for (; sweep < sweeps && !stopping.ShouldStop(); ++sweep) {
    EpochReport report{};
    report.epoch = sweep;
    const auto start = std::chrono::steady_clock::now();
    ials.Sweep(parallel);
    report.train_seconds = SecondsSince(start);
    const auto trained = std::chrono::steady_clock::now();
    auto model = std::make_unique<StoredFactors>(ials.ToModel(kind));
    report.best = true;
    if (!dataset.valid().empty()) {
      report.valid = Evaluate(*model, dataset, Split::kValid, parallel);
      report.best = stopping.Update(sweep, report.valid);
    }
    if (report.best) {
      best = std::move(model);
      best_sweep = sweep;
    }
    report.evaluate_seconds = SecondsSince(trained);
    log.Add(report);
    note = NoteOf(report, stopping_options.keep);
    progress.Update(static_cast<std::uint64_t>(sweep) + 1, note);
  }
  progress.Finish(static_cast<std::uint64_t>(sweep), note);
  config["best_epoch"] = best_sweep;
  WriteModel(options, dataset, std::move(best), std::move(config), stopping.best());
}

}  // namespace derrd::cli
