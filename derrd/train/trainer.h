// The training loop of every model and every objective; what is solved has sweeps.h.
#ifndef DERRD_TRAIN_TRAINER_H_
#define DERRD_TRAIN_TRAINER_H_

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "derrd/core/safetensors.h"
#include "derrd/data/dataset.h"
#include "derrd/eval/metrics.h"
#include "derrd/models/trainable_model.h"
#include "derrd/train/batch.h"
#include "derrd/train/early_stopping.h"
#include "derrd/train/optimizer.h"
#include "derrd/train/term.h"

namespace derrd {

struct TrainOptions {
  std::uint64_t seed = 0;
  std::int32_t epochs = 1000;                 // at most, >= 1
  std::size_t batch_size = 1024;              // interactions a step, >= 1
  std::size_t negatives_per_interaction = 1;  // >= 1
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

struct TrainResult {
  std::unique_ptr<Model> model;  // of the kept epoch; of the last without validation
  std::int32_t best_epoch = -1;
  std::int32_t epochs = 0;  // run
  Metrics valid;            // of the kept epoch
};

// Trains `student` on the sum of the terms, epoch by epoch, until validation stops gaining:
//
//   Trainer trainer(student, dataset, terms, options, parallel);
//   while (!trainer.Done()) trainer.TrainEpoch();
//   trainer.Finish().model ...
//
// Everything it was given must outlive it. The same bits from the same seed at any number of
// threads, and whether or not the run was interrupted: between epochs all of its state, the
// parameters included, can be written to a checkpoint and restored by another Trainer that was
// made with the same arguments. Memory: the parameters of the kept epoch, and the optimizer's
// state. Not thread-safe.
class Trainer {
 public:
  using OnBatch = std::function<void(std::size_t batches_done)>;  // within the epoch

  // UsageError for options out of their ranges.
  Trainer(TrainableModel& student, const Dataset& dataset,
          const std::vector<std::unique_ptr<Term>>& terms, const TrainOptions& options,
          const Parallel& parallel);

  std::int32_t epochs() const { return epochs_; }  // trained so far
  bool Done() const;
  // Trains for one epoch and evaluates. Error, with the term and the epoch, as soon as a loss is
  // not finite. What is thrown, also by on_batch (called on this thread), ends the run: go on from
  // a checkpoint, not from here.
  EpochReport TrainEpoch(const OnBatch& on_batch = {});
  // Brings the student's parameters back to the kept epoch, and gives up the rest. The last call.
  // NotFinite when nothing was validated and the last step left rows with which scores overflow.
  TrainResult Finish();

  // The state between two epochs: the tensors "parameter/NAME", "optimizer/NAME", "term/NAME" and,
  // once an epoch is kept, "best/NAME"; the rest as JSON under the metadata "derrd.state". The
  // trainer must stay as it is until the writer has written.
  void AddTo(SafetensorsWriter& writer);
  // Error when a tensor is absent or of another shape, or the state is none.
  void Restore(const SafetensorsFile& file);

 private:
  void RestoreFrom(const SafetensorsFile& file, const nlohmann::ordered_json& state);
  const Batch* BeginEpoch(std::int32_t epoch);  // its first batch
  // Trains on a batch while the next one, if there is one, is drawn. Returns that.
  const Batch* Step(const Batch& batch, BatchSampler* next, std::vector<double>& sums);
  void PrepareRows(const Batch& batch);
  void ComputeLosses(const Batch& batch, std::vector<double>& sums);
  void Evaluate(EpochReport& report);
  void KeepEpoch();
  void CheckFinite();
  std::vector<NamedMatrix> StudentParameters();
  std::vector<NamedMatrix> Parameters();  // the student's, then the terms' own
  std::vector<NamedMatrix> BestParameters();
  std::vector<NamedMatrix> TermState();

  TrainableModel& student_;
  const Dataset& dataset_;
  const std::vector<std::unique_ptr<Term>>& terms_;
  const Parallel& parallel_;
  std::int32_t max_epochs_;
  bool validate_;
  std::array<BatchSampler, 2> batches_;  // one draws while the other's batch is trained on
  std::unique_ptr<Optimizer> optimizer_;
  EarlyStopping stopping_;
  EntitySet users_, items_;
  std::int32_t epochs_ = 0;
  std::vector<Matrix<float>> best_;  // StudentParameters() of the kept epoch
};

// A whole run at once.
TrainResult Train(TrainableModel& student, const Dataset& dataset,
                  const std::vector<std::unique_ptr<Term>>& terms, const TrainOptions& options,
                  const Parallel& parallel,
                  const std::function<void(const EpochReport&)>& on_epoch = {});

}  // namespace derrd

#endif  // DERRD_TRAIN_TRAINER_H_
