#include "derrd/cli/training.h"

#include <fstream>
#include <iostream>

#include "derrd/cli/progress.h"
#include "derrd/core/error.h"

namespace derrd::cli {
namespace {

using Json = nlohmann::ordered_json;

// By the protocol that the data set is made for.
EarlyStoppingOptions StoppingOptions(const TrainingOptions& options, const Dataset& dataset) {
  const bool sampled = dataset.protocol() == Protocol::kSampled;
  EarlyStoppingOptions stopping = options.train.stopping;
  stopping.watch = !options.stop_metrics.empty() ? options.stop_metrics
                   : sampled ? std::vector<std::string>{"HR@5", "HR@10", "HR@20"}
                             : std::vector<std::string>{"NDCG@10"};
  stopping.keep = !options.keep_metric.empty() ? options.keep_metric : sampled ? "HR@5" : "NDCG@10";
  return stopping;
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
  app.add_option("dataset", options.dataset, "Data set made by `derrd import`")->required();
  app.add_option("-o,--output", options.output, "Model file to write")->required();
  app.add_option("--width", options.width, "Numbers in a user's or an item's representation")
      ->check(CLI::Range(1, 65536))
      ->capture_default_str();
  app.add_option("--epochs", options.train.epochs, "At most this many passes over the data")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  app.add_option("--batch-size", options.train.batch_size, "Interactions a step")
      ->check(CLI::Range(1, 1 << 24))
      ->capture_default_str();
  app.add_option("--learning-rate", options.train.adam.learning_rate, "Rate of Adam")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--l2", options.train.adam.l2, "L2 added to every gradient at every step")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--patience", options.train.stopping.patience,
                 "Epochs without a gain on validation before stopping")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--stop-metrics", options.stop_metrics,
                 "Metrics of which any gain counts (HR@5,HR@10,HR@20; full ranking: NDCG@10)")
      ->delimiter(',');
  app.add_option("--keep-metric", options.keep_metric,
                 "The epoch that is best by this is kept (HR@5; full ranking: NDCG@10)");
  app.add_option("--log", options.log, "File for a JSON line an epoch");
}

Json ConfigOf(const TrainingOptions& options, const std::string& method) {
  const AdamOptions& adam = options.train.adam;
  return {{"method", method},
          {"seed", options.seed},
          {"width", options.width},
          {"epochs", options.train.epochs},
          {"batch_size", options.train.batch_size},
          {"learning_rate", adam.learning_rate},
          {"l2", adam.l2},
          {"patience", options.train.stopping.patience}};
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
    if (name == "HR@5" || name == "NDCG@10")
      std::cerr << fmt::format(", validation {} {:.4f}", name, value);
  }
  std::cerr << "\n";
}

void TrainAndWrite(const std::string& label, const TrainingOptions& options, const Dataset& dataset,
                   TrainableModel& student, const std::vector<std::unique_ptr<Term>>& terms,
                   Json config, const Parallel& parallel) {
  TrainOptions train = options.train;
  train.seed = options.seed;
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
