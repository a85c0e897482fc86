// What `train` and `distill` share: the flags of a training run, and running it.
#ifndef DERRD_CLI_TRAINING_H_
#define DERRD_CLI_TRAINING_H_

#include <memory>
#include <string>
#include <vector>

#include "derrd/cli/command.h"
#include "derrd/data/dataset.h"
#include "derrd/train/trainer.h"

namespace derrd::cli {

struct TrainingOptions : CommonOptions {
  std::string dataset;
  std::string output;
  std::string log;
  std::size_t width = 0;
  TrainOptions train;
  std::vector<std::string> stop_metrics;  // empty: as the protocol of the data set suggests
  std::string keep_metric;
};

// Declares the flags above.
void AddTrainingOptions(CLI::App& app, TrainingOptions& options);

// Trains a fresh student of options.width on the terms and writes it to options.output, with
// `config` as the account of how it came to be. Prints the kept epoch's metrics.
void TrainAndWrite(const TrainingOptions& options, const Dataset& dataset, TrainableModel& student,
                   const std::vector<std::unique_ptr<Term>>& terms, nlohmann::ordered_json config,
                   const Parallel& parallel);

// The hyper-parameters of the run that every method has.
nlohmann::ordered_json ConfigOf(const TrainingOptions& options, const std::string& method);

// Writes a model made without training (by a truncated SVD) in the same way.
void WriteModel(const TrainingOptions& options, const Dataset& dataset,
                std::unique_ptr<Model> model, nlohmann::ordered_json config, const Metrics& valid);

}  // namespace derrd::cli

#endif  // DERRD_CLI_TRAINING_H_
