// The one training loop, for every model and every objective.
#ifndef DERRD_TRAIN_TRAINER_H_
#define DERRD_TRAIN_TRAINER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "derrd/data/dataset.h"
#include "derrd/eval/metrics.h"
#include "derrd/models/trainable_model.h"
#include "derrd/train/early_stopping.h"
#include "derrd/train/optimizer.h"
#include "derrd/train/term.h"

namespace derrd {

struct TrainOptions {
  std::uint64_t seed = 0;
  std::int32_t epochs = 1000;     // at most, >= 1
  std::size_t batch_size = 1024;  // interactions a step, >= 1
  OptimizerOptions optimizer;
  EarlyStoppingOptions stopping;
};

// What happened in an epoch.
struct EpochReport {
  std::int32_t epoch;  // from 0
  std::vector<std::pair<std::string, double>>
      losses;  // of each term, mean over the epoch's interactions
  std::vector<std::pair<std::string, nlohmann::ordered_json>> diagnostics;
  Metrics valid;  // empty when the data set has no validation
  bool best;      // the kept epoch so far
  double train_seconds, evaluate_seconds;
};

// Calls of a run on its way, from the training thread.
struct TrainObserver {
  std::function<void(std::int32_t epoch, std::size_t batches_done)> on_batch;
  std::function<void(const EpochReport&)> on_epoch;
};

struct TrainResult {
  std::unique_ptr<Model> model;  // of the kept epoch; of the last without validation
  std::int32_t best_epoch = -1;
  std::int32_t epochs = 0;  // run
  Metrics valid;            // of the kept epoch
};

// Trains `student` on the sum of the terms until validation stops gaining. Error, with the term and
// the epoch, as soon as a loss is not finite. The same bits from the same seed at any number of
// threads.
TrainResult Train(TrainableModel& student, const Dataset& dataset,
                  const std::vector<std::unique_ptr<Term>>& terms, const TrainOptions& options,
                  const Parallel& parallel, const TrainObserver& observer = {});

}  // namespace derrd

#endif  // DERRD_TRAIN_TRAINER_H_
