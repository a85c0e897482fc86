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

// Rows in double precision: those of both sides, turned and solved, and a rounded copy or two.
void CheckSolverMemory(const TrainingOptions& options, const Dataset& dataset) {
  const double numbers =
      static_cast<double>(dataset.users() + dataset.items()) * static_cast<double>(options.width);
  CheckMemory({{"--width", (3 * sizeof(double) + 2 * sizeof(float)) * numbers}});
}

Json SolverConfig(const TrainingOptions& options, const Dataset& dataset,
                  const EarlyStoppingOptions& stopping) {
  Json config = {{"method", "none"},
                 {"dataset", Fingerprint(options.dataset)},
                 {"seed", options.seed},
                 {"width", options.width}};
  config.update(ConfigOf(options.model));
  if (!dataset.valid().empty()) {
    config["patience"] = stopping.patience;
    config["stop_metrics"] = stopping.watch;
    config["keep_metric"] = stopping.keep;
  }
  return config;
}

}  // namespace

void SolveAndWrite(const TrainingOptions& options, const Dataset& dataset,
                   const Parallel& parallel) {
  if (!options.init.empty() || options.checkpoints.every > 0 || options.checkpoints.resume ||
      options.keep_every > 0) {
    Fail<UsageError>(
        "--model {}: is solved anew in seconds; leave out --init, --checkpoint-every, --keep-every "
        "and --resume",
        options.model.kind);
  }
  CheckSolverMemory(options, dataset);
  const EarlyStoppingOptions stopping_options = StoppingOptions(options, dataset);
  IalsOptions solver = options.model.ials;
  solver.width = options.width;
  Ials ials(TrainLists(dataset), dataset.items(), solver, options.seed);
  EarlyStopping stopping(stopping_options);
  EpochLog log(options.log, "");
  Progress progress("train", static_cast<std::uint64_t>(options.model.ials_sweeps), "sweeps");
  std::unique_ptr<Model> best;
  std::int32_t best_sweep = 0, sweep = 0;
  std::string note;
  for (; sweep < options.model.ials_sweeps && !stopping.ShouldStop(); ++sweep) {
    EpochReport report{};
    report.epoch = sweep;
    const auto start = std::chrono::steady_clock::now();
    ials.Sweep(parallel);
    report.train_seconds = SecondsSince(start);
    const auto trained = std::chrono::steady_clock::now();
    auto model = std::make_unique<StoredFactors>(ials.ToModel());
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
  Json config = SolverConfig(options, dataset, stopping_options);
  config["best_epoch"] = best_sweep;
  WriteModel(options, dataset, std::move(best), std::move(config), stopping.best());
}

}  // namespace derrd::cli
