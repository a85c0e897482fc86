#include "derrd/cli/training.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <fstream>
#include <iostream>

#include "derrd/cli/progress.h"
#include "derrd/core/error.h"
#include "derrd/core/fingerprint.h"
#include "derrd/eval/evaluator.h"

namespace derrd::cli {
namespace {

using Json = nlohmann::ordered_json;

// As the flags say, or else as suits the protocol that the data set is made for.
EarlyStoppingOptions StoppingOptions(const TrainingOptions& options, const Dataset& dataset) {
  EarlyStoppingOptions stopping = options.train.stopping;
  const std::string main(MainMetric(dataset.protocol()));
  if (dataset.protocol() == Protocol::kFull) stopping.watch = {main};
  stopping.keep = main;
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

OptimizerOptions OptimizerOf(const TrainingOptions& options) {
  OptimizerOptions optimizer = options.train.optimizer;
  optimizer.kind = OptimizerNamed(options.optimizer);
  return optimizer;
}

Json ToJson(const EpochReport& report) {
  Json line{{"epoch", report.epoch}};
  for (const auto& [name, loss] : report.losses) line["loss"][name] = loss;
  for (const auto& [name, value] : report.diagnostics) {
    if (!value.is_null()) line[name] = value;
  }
  if (!report.valid.empty()) line["valid"] = ToJson(report.valid);
  line["best"] = report.best;
  line["train_seconds"] = report.train_seconds;
  line["evaluate_seconds"] = report.evaluate_seconds;
  return line;
}

// A JSON line an epoch, there to be read while the run goes on and after it failed. No path: no
// log.
class EpochLog {
 public:
  explicit EpochLog(const std::string& path) : path_(path) {
    if (path.empty()) return;
    stream_.open(path, std::ios::trunc);
    Check();
  }
  void Write(const Json& line) {
    if (path_.empty()) return;
    stream_ << line.dump() << std::endl;
    Check();
  }

 private:
  void Check() const {
    if (!stream_) FailWithErrno("write the log", path_);
  }

  std::string path_;
  std::ofstream stream_;
};

// What the progress line says of the last epoch.
std::string Note(const EpochReport& report, const std::string& keep) {
  std::string note = fmt::format("epoch {}", report.epoch);
  for (const auto& [name, loss] : report.losses) note += fmt::format(", {} {:.4g}", name, loss);
  if (!report.valid.empty()) note += fmt::format(", {} {:.4f}", keep, report.valid.At(keep));
  return note;
}

}  // namespace

void AddTrainingOptions(CLI::App& app, TrainingOptions& options) {
  OptimizerOptions& optimizer = options.train.optimizer;
  app.add_option("DATASET", options.dataset, "Data set made by `derrd import`")->required();
  app.add_option("-o,--output", options.output, "Model file to write")->required();
  AddFlag(app, "--width", options.width, "Numbers in a user's or an item's representation",
          WholeNumber(1, 65536));
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
      ->delimiter(',');
  app.add_option("--keep-metric", options.keep_metric,
                 "The epoch that is best by this is kept (HR@5; full ranking: NDCG@10)");
  app.add_option("--log", options.log, "File for a JSON line an epoch");
}

Json ConfigOf(const TrainingOptions& options, const Dataset& dataset, const std::string& method) {
  const OptimizerOptions optimizer = OptimizerOf(options);
  const EarlyStoppingOptions stopping = StoppingOptions(options, dataset);
  return {{"method", method},
          {"dataset", Fingerprint(options.dataset)},
          {"seed", options.seed},
          {"width", options.width},
          {"epochs", options.train.epochs},
          {"batch_size", options.train.batch_size},
          {"optimizer", Name(optimizer.kind)},
          {"learning_rate", optimizer.TableRate()},
          {"dense_learning_rate", optimizer.DenseRate()},
          {"beta1", optimizer.beta1},
          {"beta2", optimizer.beta2},
          {"epsilon", optimizer.epsilon},
          {"l2", optimizer.l2},
          {"patience", stopping.patience},
          {"stop_metrics", stopping.watch},
          {"keep_metric", stopping.keep}};
}

void CheckMemory(const std::string& flag, double bytes) {
  std::ifstream file("/proc/meminfo");
  std::string key;
  double kibibytes = 0;
  while (file >> key >> kibibytes && key != "MemAvailable:") file.ignore(80, '\n');
  const double available = 1024 * kibibytes;
  if (!file || bytes <= available) return;  // where it cannot be told, the run decides
  Fail<UsageError>("{}: needs about {:.1f} GB of memory and {:.1f} GB are free; give less", flag,
                   bytes / 1e9, available / 1e9);
}

double TableBytes(const TrainingOptions& options, const Dataset& dataset) {
  constexpr double kCopies = 2;  // the values, and those of the epoch that is kept
  const std::size_t rows = dataset.users() + dataset.items();
  return kCopies * sizeof(float) * static_cast<double>(rows) * static_cast<double>(options.width) +
         StateBytes(OptimizerNamed(options.optimizer), rows, options.width);
}

void WriteModel(const TrainingOptions& options, const Dataset& dataset,
                std::unique_ptr<Model> model, Json config, const Metrics& valid) {
  ModelFile file;
  file.model = std::move(model);
  file.user_ids = dataset.user_ids();
  file.item_ids = dataset.item_ids();
  file.item_names = dataset.item_names();
  file.config = std::move(config);
  file.metrics = ToJson(valid);
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

void TrainAndWrite(const std::string& label, const TrainingOptions& options, const Dataset& dataset,
                   TrainableModel& student, const std::vector<std::unique_ptr<Term>>& terms,
                   Json config, const Parallel& parallel) {
  TrainOptions train = options.train;
  train.seed = options.seed;
  train.optimizer = OptimizerOf(options);
  train.stopping = StoppingOptions(options, dataset);
  EpochLog log(options.log);
  const std::uint64_t batches = (dataset.train().size() + train.batch_size - 1) / train.batch_size;
  Progress progress(label, static_cast<std::uint64_t>(train.epochs) * batches, "batches");
  std::string note;
  std::uint64_t done = 0;
  TrainObserver observer;
  observer.on_batch = [&](std::int32_t epoch, std::size_t batch) {
    done = static_cast<std::uint64_t>(epoch) * batches + batch;
    progress.Update(done, note);
  };
  observer.on_epoch = [&](const EpochReport& report) {
    note = Note(report, train.stopping.keep);
    log.Write(ToJson(report));
  };
  TrainResult result = Train(student, dataset, terms, train, parallel, observer);
  progress.Finish(done, note);
  config["best_epoch"] = result.best_epoch;
  WriteModel(options, dataset, std::move(result.model), std::move(config), result.valid);
}

}  // namespace derrd::cli
