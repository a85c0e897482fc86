#include "derrd/cli/training.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <iostream>
#include <iterator>

#include "derrd/cli/epoch_log.h"
#include "derrd/cli/hyper_parameter_flags.h"
#include "derrd/cli/outputs.h"
#include "derrd/cli/progress.h"
#include "derrd/core/error.h"
#include "derrd/core/fingerprint.h"
#include "derrd/eval/evaluator.h"
#include "derrd/eval/same_ids.h"
#include "derrd/train/checkpoint_files.h"
#include "derrd/train/warm_start.h"

namespace derrd::cli {
namespace {

using Json = nlohmann::ordered_json;

OptimizerOptions OptimizerOf(const TrainingOptions& options) {
  OptimizerOptions optimizer = options.train.optimizer;
  optimizer.kind = OptimizerNamed(options.optimizer);
  return optimizer;
}

constexpr std::array kGradientFlags = {"--loss",
                                       "--negatives-per-interaction",
                                       "--epochs",
                                       "--batch-size",
                                       "--optimizer",
                                       "--learning-rate",
                                       "--dense-learning-rate",
                                       "--beta1",
                                       "--beta2",
                                       "--epsilon",
                                       "--l2"};
constexpr std::array kEpochFlags = {"--patience", "--stop-metrics", "--keep-metric", "--log"};

// --- the models of --keep-every ---

std::vector<std::string> KeptPaths(const TrainingOptions& options) {
  constexpr std::int32_t kMost = 10000;
  if (options.keep_every == 0) return {};
  if (options.train.epochs / options.keep_every > kMost) {
    Fail<UsageError>("--keep-every {}: up to {} models in {} epochs, and {} are allowed; raise it",
                     options.keep_every, options.train.epochs / options.keep_every,
                     options.train.epochs, kMost);
  }
  std::vector<std::string> paths;
  for (std::int32_t epochs = options.keep_every; epochs <= options.train.epochs;
       epochs += options.keep_every) {
    paths.push_back(KeptModelPath(options.output, epochs));
  }
  return paths;
}

void KeepModel(const TrainingOptions& options, const Dataset& dataset, const TrainableModel& model,
               const EpochReport& report, Json config) {
  const std::int32_t epochs = report.epoch + 1;
  if (options.keep_every == 0 || epochs % options.keep_every != 0) return;
  config[config_keys::kKeptEpoch] = report.epoch;
  FileOf(dataset, model.Copy(), std::move(config), report.valid)
      .Write(KeptModelPath(options.output, epochs));
}

}  // namespace

EarlyStoppingOptions StoppingOptions(const TrainingOptions& options, const Dataset& dataset) {
  EarlyStoppingOptions stopping = EarlyStoppingOptions::For(dataset.protocol());
  stopping.patience = options.train.stopping.patience;
  if (!options.stop_metrics.empty()) stopping.watch = options.stop_metrics;
  if (!options.keep_metric.empty()) stopping.keep = options.keep_metric;
  const std::vector<std::string> known = MetricNames(dataset.protocol());
  std::vector<std::string> asked = stopping.watch;
  asked.push_back(stopping.keep);
  for (const std::string& name : asked) {
    if (std::ranges::find(known, name) != known.end()) continue;
    Fail<UsageError>("--stop-metrics, --keep-metric: {} has no metric '{}'; choose from {}",
                     dataset.path(), name, fmt::join(known, ", "));
  }
  return stopping;
}

bool IsGradientFlag(std::string_view flag, bool all) {
  return std::ranges::find(kGradientFlags, flag) != kGradientFlags.end() ||
         (all && std::ranges::find(kEpochFlags, flag) != kEpochFlags.end());
}

void TellGradientFlags(const CLI::App& app, const std::string& run, bool all) {
  for (const CLI::Option* option : app.get_options()) {
    if (option->count() == 0 || !IsGradientFlag(option->get_name(), all)) continue;
    TellUnused(*option, "training by gradients", run);
  }
}

void AddTrainingOptions(CLI::App& app, TrainingOptions& options) {
  OptimizerOptions& optimizer = options.train.optimizer;
  app.add_option("DATASET", options.dataset, "Data set made by `derrd import`")->required();
  app.add_option("-o,--output", options.output, "Model file to write")->required();
  AddFlag(app, "--width", options.width, "Numbers in a user's or an item's representation",
          WholeNumber(1, 65536));
  AddBaseModelOptions(app, options.model);
  AddFlag(app, "--epochs", options.train.epochs, "At most this many passes over the data",
          WholeNumber(1, 1000000));
  AddFlag(app, "--batch-size", options.train.batch_size, "Interactions a step",
          WholeNumber(1, 1 << 24));
  AddFlag(app, "--optimizer", options.optimizer,
          "adam: every row at every step; row-adam, adagrad, sgd: the batch's rows alone",
          CLI::IsMember(OptimizerNames()));
  app.add_option("--learning-rate", optimizer.learning_rate,
                 "Rate of embedding tables (1e-3; adagrad and sgd: 0.05)")
      ->check(Number(1e-12, 1e3));
  app.add_option("--dense-learning-rate", optimizer.dense_learning_rate,
                 "Rate of experts and layers, which always have Adam (--learning-rate; with "
                 "adagrad and sgd: 1e-3)")
      ->check(Number(1e-12, 1e3));
  AddFlag(app, "--beta1", optimizer.beta1, "Adam's decay of the mean gradient",
          Number(0, 0.999999));
  AddFlag(app, "--beta2", optimizer.beta2, "Adam's decay of the mean squared gradient",
          Number(0, 0.999999));
  AddFlag(app, "--epsilon", optimizer.epsilon, "Guard against division by zero", Number(1e-30, 1));
  AddFlag(app, "--l2", optimizer.l2,
          "L2 added to every gradient: at every step; with the others than adam, of the batch's "
          "rows alone",
          Number(0, 1e3));
  AddFlag(app, "--patience", options.train.stopping.patience,
          "Epochs without a gain on validation before stopping", WholeNumber(1, 1000000));
  app.add_option("--stop-metrics", options.stop_metrics,
                 "Metrics of which any gain counts (HR@5,HR@10,HR@20; full ranking: NDCG@10)")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("NAME,NAME,...");
  app.add_option("--keep-metric", options.keep_metric,
                 "The epoch that is best by this is kept (HR@5; full ranking: NDCG@10)");
  app.add_option("--log", options.log, "File for a JSON line an epoch");
  app.add_option("--init", options.init,
                 "Model to start from: users and items are taken over by their ids");
  AddFlag(app, "--checkpoint-every", options.checkpoints.every,
          "Epochs between checkpoints beside the output (0: none)", WholeNumber(0, 1000000));
  app.add_flag("--resume", options.checkpoints.resume,
               "Go on from the last checkpoint, or start when there is none");
}

void AddKeepEvery(CLI::App& app, TrainingOptions& options) {
  AddFlag(app, "--keep-every", options.keep_every,
          "Epochs between models that are written besides, as OUTPUT.epoch-N.derrd (0: none)",
          WholeNumber(0, 1000000));
}

void TellUnusedStopping(const TrainingOptions& options, const Dataset& dataset) {
  const bool given = !options.stop_metrics.empty() || !options.keep_metric.empty() ||
                     options.train.stopping.patience != EarlyStoppingOptions().patience;
  if (!given || !dataset.valid().empty()) return;
  Note(fmt::format(
      "{} has no validation split: --patience, --stop-metrics and --keep-metric change nothing",
      options.dataset));
}

void AddTo(Json& config, const EarlyStoppingOptions& stopping, const Dataset& dataset) {
  if (dataset.valid().empty()) return;
  config["patience"] = stopping.patience;
  config["stop_metrics"] = stopping.watch;
  config["keep_metric"] = stopping.keep;
}

ModelFile FileOf(const Dataset& dataset, std::unique_ptr<Model> model, Json config,
                 const Metrics& valid) {
  ModelFile file;
  file.model = std::move(model);
  file.user_ids = dataset.user_ids();
  file.item_ids = dataset.item_ids();
  file.item_names = dataset.item_names();
  file.config = std::move(config);
  file.metrics = ToJson(valid);
  return file;
}

Json ConfigOf(const TrainingOptions& options, const Dataset& dataset, const std::string& method) {
  const OptimizerOptions optimizer = OptimizerOf(options);
  const EarlyStoppingOptions stopping = StoppingOptions(options, dataset);
  Json config = {{"method", method},
                 {config_keys::kDataset, dataset.fingerprint()},
                 {"seed", options.seed},
                 {"width", options.width}};
  config.update(derrd::ConfigOf(options.model));
  config.update({{"epochs", options.train.epochs},
                 {"batch_size", options.train.batch_size},
                 {"optimizer", Name(optimizer.kind)},
                 {"learning_rate", optimizer.TableRate()},
                 {"dense_learning_rate", optimizer.DenseRate()},
                 {"beta1", optimizer.beta1},
                 {"beta2", optimizer.beta2},
                 {"epsilon", optimizer.epsilon},
                 {"l2", optimizer.l2}});
  AddTo(config, stopping, dataset);
  if (!options.init.empty()) config["init"] = Fingerprint(options.init);
  return config;
}

RunSize SizeOf(const TrainingOptions& options, const Dataset& dataset) {
  return {dataset.users(),
          dataset.items(),
          options.width,
          options.train.batch_size,
          options.model.Negatives(),
          NumbersAPair(options.model, options.width),
          dataset.train().size(),
          static_cast<std::size_t>(ThreadsOf(options.threads))};
}

std::vector<MemoryNeed> MemoryNeeds(const TrainingOptions& options, const Dataset& dataset) {
  const RunSize size = SizeOf(options, dataset);
  const std::size_t kept_rows = options.keep_every == 0 ? 0 : size.users + size.items;
  return {{"--width", TableBytes(size, OptimizerOf(options).kind)},
          {"--batch-size", ScoreBytes(size, size.batch_size, 1 + size.negatives)},
          ModelNeed(options.model, size, dataset),
          {"--keep-every", ListBytes(kept_rows, size.width)},
          ScoreBlockNeed(size, size.width),
          {"--init", FileBytes(options.init)}};
}

std::unique_ptr<TrainableModel> StartModel(const TrainingOptions& options, const Dataset& dataset) {
  auto model = MakeModel(options.model, dataset, options.width, options.seed);
  if (options.init.empty()) return model;
  const ModelFile earlier = ModelFile::Open(options.init);
  Note(NoteOnOtherData(earlier, options.init, dataset));
  const auto [users, items] =
      WarmStart(earlier, options.init, dataset.user_ids(), dataset.item_ids(), *model);
  std::cerr << fmt::format(
      "{}: took {} users ({} are new, {} gone) and {} items ({} are new, {} gone)\n", options.init,
      users.taken, users.fresh, users.gone, items.taken, items.fresh, items.gone);
  if (users.taken + items.taken == 0) {
    Fail<UsageError>(
        "--init {}: knows none of the users and items of {}; give a model of theirs, or "
        "leave it out",
        options.init, options.dataset);
  }
  return model;
}

void WriteModel(const TrainingOptions& options, const Dataset& dataset,
                std::unique_ptr<Model> model, Json config, const Metrics& valid) {
  const ModelFile file = FileOf(dataset, std::move(model), std::move(config), valid);
  file.Write(options.output);
  if (options.json) {
    PrintJson({{"model", options.output},
               {"parameters", file.model->parameters()},
               {"config", file.config},
               {"valid", file.metrics}});
    return;
  }
  std::cerr << fmt::format("{}: {} numbers", options.output, file.model->parameters());
  for (const auto& [name, value] : valid) {
    if (name == MainMetric(dataset.protocol())) {
      std::cerr << fmt::format(", validation {} {:.4f}", name, value);
    }
  }
  std::cerr << "\n";
}

void CheckTrainingOutputs(const TrainingOptions& options, std::vector<std::string> inputs) {
  if (options.keep_every > options.train.epochs) {
    Note(fmt::format("--keep-every {}: there are {} epochs, so that no model is kept besides",
                     options.keep_every, options.train.epochs));
  }
  std::vector<std::string> outputs = Checkpoints::Paths(options.checkpoints, options.output);
  outputs.insert(outputs.begin(), {options.output, options.log});
  std::ranges::move(KeptPaths(options), std::back_inserter(outputs));
  inputs.insert(inputs.end(), {options.dataset, options.init});
  CheckOutputs(outputs, inputs);
}

void TrainAndWrite(const std::string& label, const TrainingOptions& options, const Dataset& dataset,
                   TrainableModel& student, const std::vector<std::unique_ptr<Term>>& terms,
                   Json config, Checkpoints& checkpoints, const Parallel& parallel) {
  TellUnusedStopping(options, dataset);
  TrainOptions train = options.train;
  train.seed = options.seed;
  train.negatives_per_interaction = options.model.Negatives();
  train.optimizer = OptimizerOf(options);
  train.stopping = StoppingOptions(options, dataset);
  Trainer trainer(student, dataset, terms, train, parallel);
  EpochLog log(options.log, checkpoints.Restore(trainer));
  const std::uint64_t batches = (dataset.train().size() + train.batch_size - 1) / train.batch_size;
  const std::int32_t first = trainer.epochs();
  Progress progress(label, static_cast<std::uint64_t>(train.epochs - first) * batches, "batches");
  std::string note;
  std::uint64_t done = 0;
  while (!trainer.Done()) {
    const EpochReport report =
        trainer.TrainEpoch([&](std::size_t) { progress.Update(++done, note); });
    note = NoteOf(report, train.stopping.keep);
    log.Add(report);
    // Before the checkpoint: a run that goes on from it will not come by here again.
    KeepModel(options, dataset, student, report, config);
    checkpoints.AfterEpoch(trainer, log.lines());
  }
  progress.Finish(done, note);
  TrainResult result = trainer.Finish();
  config[config_keys::kBestEpoch] = result.best_epoch;
  WriteModel(options, dataset, std::move(result.model), std::move(config), result.valid);
  checkpoints.Remove();
}

}  // namespace derrd::cli
