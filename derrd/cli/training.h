// What `train` and `distill` share: the flags of a training run, and running it.
#ifndef DERRD_CLI_TRAINING_H_
#define DERRD_CLI_TRAINING_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "derrd/cli/checkpoints.h"
#include "derrd/cli/command.h"
#include "derrd/cli/memory.h"
#include "derrd/data/dataset.h"
#include "derrd/methods/base_model.h"
#include "derrd/train/trainer.h"

namespace derrd::cli {

inline constexpr std::size_t kTeacherWidth = 200;  // of `derrd train` unless given

struct TrainingOptions : CommonOptions {
  std::string dataset;
  std::string output;
  std::string log;
  std::string init;  // a model to start from; empty: from random rows
  std::size_t width = 0;
  BaseModelOptions model;
  TrainOptions train;
  std::string optimizer = "adam";
  CheckpointOptions checkpoints;
  std::int32_t keep_every = 0;            // epochs; 0: only the best is written
  std::vector<std::string> stop_metrics;  // empty: as the protocol of the data set suggests
  std::string keep_metric;
};

// Declares the flags above.
void AddTrainingOptions(CLI::App& app, TrainingOptions& options);

// Declares --keep-every, of `train` alone.
void AddKeepEvery(CLI::App& app, TrainingOptions& options);

// Error when something that the run will write cannot be written, or is one of its inputs;
// UsageError when it would be more files than anybody wants.
void CheckTrainingOutputs(const TrainingOptions& options, std::vector<std::string> inputs);

// Whether only training by gradients has a use for the flag, or with `all` its epochs.
bool IsGradientFlag(std::string_view flag, bool all = false);
// Says of those flags that they change nothing of a `run` that is solved.
void TellGradientFlags(const CLI::App& app, const std::string& run, bool all = false);

// What every method needs of memory.
std::vector<MemoryNeed> MemoryNeeds(const TrainingOptions& options, const Dataset& dataset);
RunSize SizeOf(const TrainingOptions& options, const Dataset& dataset);

// What is written of a model: with the data set's ids and names, how it came about and what it
// reached on validation.
ModelFile FileOf(const Dataset& dataset, std::unique_ptr<Model> model,
                 nlohmann::ordered_json config, const Metrics& valid);

// The model to train, as it starts: from random rows, or with --init from those of another model,
// which is told on standard error.
std::unique_ptr<TrainableModel> StartModel(const TrainingOptions& options, const Dataset& dataset);

// When to stop: as the flags say, or else as suits the protocol that the data set is made for.
EarlyStoppingOptions StoppingOptions(const TrainingOptions& options, const Dataset& dataset);

// A note where stopping is asked for and there is nothing to validate on.
void TellUnusedStopping(const TrainingOptions& options, const Dataset& dataset);

// What a model's file says of it; nothing where there is nothing to validate on.
void AddTo(nlohmann::ordered_json& config, const EarlyStoppingOptions& stopping,
           const Dataset& dataset);

// Trains the student on the terms and writes the kept epoch to options.output, with `config` as the
// account of how it came to be. `label` names the work on the progress line.
void TrainAndWrite(const std::string& label, const TrainingOptions& options, const Dataset& dataset,
                   TrainableModel& student, const std::vector<std::unique_ptr<Term>>& terms,
                   nlohmann::ordered_json config, Checkpoints& checkpoints,
                   const Parallel& parallel);

// The hyper-parameters of the run that every method has.
nlohmann::ordered_json ConfigOf(const TrainingOptions& options, const Dataset& dataset,
                                const std::string& method);

// Writes a model with the ids of its data set; `valid` are its validation metrics.
void WriteModel(const TrainingOptions& options, const Dataset& dataset,
                std::unique_ptr<Model> model, nlohmann::ordered_json config, const Metrics& valid);

}  // namespace derrd::cli

#endif  // DERRD_CLI_TRAINING_H_
