#include "derrd/cli/hyper_parameter_flags.h"
#include "derrd/cli/solving.h"
#include "derrd/cli/training.h"

namespace derrd::cli {
namespace {

using Json = nlohmann::ordered_json;

void RunTrain(const TrainingOptions& options) {
  CheckTrainingOutputs(options, {});
  const Dataset dataset = Dataset::Open(options.dataset);
  const Parallel parallel(options.threads);
  if (options.model.IsSolved()) return SolveAndWrite(options, dataset, parallel);
  CheckMemory(MemoryNeeds(options, dataset));
  Json config = ConfigOf(options, dataset, "none");
  Checkpoints checkpoints(options.checkpoints, options.output, config);
  const auto model = StartModel(options, dataset);
  std::vector<std::unique_ptr<Term>> terms;
  terms.push_back(MakeBaseTerm(options.model));
  TrainAndWrite("train", options, dataset, *model, terms, std::move(config), checkpoints, parallel);
}

}  // namespace

void AddTrainCommand(CLI::App& program) {
  const auto [app, options] = AddCommand<TrainingOptions>(
      program, "train", "Train a model (a teacher) on a data set",
      "derrd train citeulike.derrd --width 200 -o teacher.derrd", RunTrain);
  options->width = kTeacherWidth;
  AddTrainingOptions(*app, *options);
  AddKeepEvery(*app, *options);
  app->parse_complete_callback([app = app, options = options.get()] {
    TellUnusedFlags(*app, options->model);
    if (options->model.IsSolved()) TellGradientFlags(*app, "--model " + options->model.kind);
  });
}

}  // namespace derrd::cli
