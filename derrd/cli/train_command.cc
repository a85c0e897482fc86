#include "derrd/cli/outputs.h"
#include "derrd/cli/training.h"
#include "derrd/models/bpr_mf.h"
#include "derrd/train/bpr_term.h"

namespace derrd::cli {
namespace {

void RunTrain(const TrainingOptions& options) {
  CheckOutputs({options.output, options.log}, {options.dataset});
  const Dataset dataset = Dataset::Open(options.dataset);
  const Parallel parallel(options.threads);
  CheckMemory("--width", TableBytes(options, dataset));
  BprMf model(dataset.users(), dataset.items(), options.width, options.seed);
  std::vector<std::unique_ptr<Term>> terms;
  terms.push_back(std::make_unique<BprTerm>());
  TrainAndWrite("train", options, dataset, model, terms, ConfigOf(options, dataset, "none"),
                parallel);
}

}  // namespace

void AddTrainCommand(CLI::App& program) {
  const auto [app, options] = AddCommand<TrainingOptions>(
      program, "train", "Train a model (a teacher) on a data set",
      "derrd train citeulike.derrd --width 200 -o teacher.derrd", RunTrain);
  options->width = 200;
  AddTrainingOptions(*app, *options);
}

}  // namespace derrd::cli
