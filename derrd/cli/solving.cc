#include "derrd/cli/solving.h"

#include "derrd/cli/epoch_log.h"
#include "derrd/cli/progress.h"
#include "derrd/core/error.h"
#include "derrd/train/sweeps.h"

namespace derrd::cli {
namespace {

using Json = nlohmann::ordered_json;

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

// In double precision: rows of both sides, turned and solved, and a rounded copy or two; and the
// interactions by item.
std::vector<MemoryNeed> SolverNeeds(const TrainingOptions& options, const Dataset& dataset) {
  constexpr std::size_t kWidest = 16384;  // LAPACK counts its work space, 4 width^2, in 32 bits
  if (options.width > kWidest) {
    Fail<UsageError>("--width {}: what is solved has rows of {} numbers at most; give less",
                     options.width, kWidest);
  }
  const double numbers =
      static_cast<double>(dataset.users() + dataset.items()) * static_cast<double>(options.width);
  return {{"--width", (3 * sizeof(double) + 2 * sizeof(float)) * numbers},
          {"DATASET", sizeof(std::int32_t) * static_cast<double>(dataset.train().size())},
          ScoreBlockNeed(SizeOf(options, dataset), options.width)};
}

Json SolverConfig(const TrainingOptions& options, const Dataset& dataset,
                  const std::string& method) {
  return {{"method", method},
          {config_keys::kDataset, dataset.fingerprint()},
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
  Json config = SolverConfig(options, dataset, "none");
  config.update(derrd::ConfigOf(options.model));
  SweepAndWrite("train", options, dataset, ials, options.model.ials_sweeps, Ials::kKind,
                std::move(config), parallel);
}

void SweepAndWrite(const std::string& label, const TrainingOptions& options, const Dataset& dataset,
                   Ials& ials, std::int32_t sweeps, std::string_view kind, Json config,
                   const Parallel& parallel) {
  const SweepOptions sweep_options{sweeps, kind, StoppingOptions(options, dataset)};
  const EarlyStoppingOptions& stopping = sweep_options.stopping;
  TellUnusedStopping(options, dataset);
  AddTo(config, stopping, dataset);
  EpochLog log(options.log, "");
  Progress progress(label, static_cast<std::uint64_t>(sweeps), "sweeps");
  std::string note;
  TrainResult result =
      Solve(ials, dataset, sweep_options, parallel, [&](const EpochReport& report) {
        log.Add(report);
        note = NoteOf(report, stopping.keep);
        progress.Update(static_cast<std::uint64_t>(report.epoch) + 1, note);
      });
  progress.Finish(static_cast<std::uint64_t>(result.epochs), note);
  config[config_keys::kBestEpoch] = result.best_epoch;
  WriteModel(options, dataset, std::move(result.model), std::move(config), result.valid);
}

}  // namespace derrd::cli
