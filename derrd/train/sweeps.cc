#include "derrd/train/sweeps.h"

#include <memory>
#include <utility>

#include "derrd/core/stopwatch.h"
#include "derrd/eval/evaluator.h"

namespace derrd {

TrainResult Solve(Ials& ials, const Dataset& dataset, const SweepOptions& options,
                  const Parallel& parallel,
                  const std::function<void(const EpochReport&)>& on_sweep) {
  EarlyStopping stopping(options.stopping);
  TrainResult result;
  while (result.epochs < options.sweeps && !stopping.ShouldStop()) {
    EpochReport report{};
    report.epoch = result.epochs++;
    const Stopwatch solving;
    ials.Sweep(parallel);
    report.train_seconds = solving.Seconds();
    const Stopwatch evaluating;
    auto model = std::make_unique<StoredFactors>(ials.ToModel(options.kind));
    report.best = true;
    if (!dataset.valid().empty()) {
      report.valid = Evaluate(*model, dataset, Split::kValid, parallel);
      report.best = stopping.Update(report.epoch, report.valid);
    }
    if (report.best) {
      result.model = std::move(model);
      result.best_epoch = report.epoch;
    }
    report.evaluate_seconds = evaluating.Seconds();
    if (on_sweep) on_sweep(report);
  }
  result.valid = stopping.best();
  return result;
}

}  // namespace derrd
