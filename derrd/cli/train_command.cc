#include "derrd/cli/training.h"
#include "derrd/core/file.h"
#include "derrd/models/bpr_mf.h"
#include "derrd/train/bpr_term.h"

namespace derrd::cli {
namespace {

struct TrainCommandOptions : TrainingOptions {};

void RunTrain(const TrainCommandOptions& options) {
  CheckCanWrite(options.output);
  const Dataset dataset = Dataset::Open(options.dataset);
  const Parallel parallel(options.threads);
  BprMf model(dataset.users(), dataset.items(), options.width, options.seed);
  std::vector<std::unique_ptr<Term>> terms;
  terms.push_back(std::make_unique<BprTerm>());
  TrainAndWrite("train", options, dataset, model, terms, ConfigOf(options, "none"), parallel);
}

}  // namespace

void AddTrainCommand(CLI::App& program) {
  const auto [app, options] = AddCommand<TrainCommandOptions>(
      program, "train", "Train a model (a teacher) on a data set",
      "derrd train citeulike.derrd --width 200 -o teacher.derrd", RunTrain);
  options->width = 200;
  AddTrainingOptions(*app, *options);
}

}  // namespace derrd::cli
