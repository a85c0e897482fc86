#include "derrd/train/trainer.h"

#include <chrono>
#include <cmath>

#include "derrd/core/error.h"
#include "derrd/eval/evaluator.h"
#include "derrd/train/batch.h"

namespace derrd {
namespace {

class Stopwatch {
 public:
  double Seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

// Everything a run holds between two steps.
class Run {
 public:
  Run(TrainableModel& student, const Dataset& dataset,
      const std::vector<std::unique_ptr<Term>>& terms, const TrainOptions& options,
      const Parallel& parallel, const TrainObserver& observer)
      : student_(student),
        terms_(terms),
        parallel_(parallel),
        observer_(observer),
        batches_(dataset, options.batch_size, options.seed),
        optimizer_(MakeOptimizer(options.optimizer)),
        users_(dataset.users()),
        items_(dataset.items()) {
    for (EmbeddingTable* table : student.tables()) optimizer_->Add(table);
    for (DenseParameter* parameter : student.dense_parameters()) optimizer_->Add(parameter);
    for (const auto& term : terms) {
      for (DenseParameter* parameter : term->parameters()) optimizer_->Add(parameter);
    }
  }

  // Mean loss of each term over the epoch's interactions.
  std::vector<std::pair<std::string, double>> TrainEpoch(std::int32_t epoch,
                                                         std::size_t interactions) {
    for (const auto& term : terms_) term->BeginEpoch(epoch, parallel_);
    std::vector<double> sums(terms_.size(), 0.0);
    const std::size_t count = batches_.batches_per_epoch();
    for (std::size_t b = 0; b < count; ++b) {
      Step(batches_.Get(epoch, b, parallel_), sums);
      if (observer_.on_batch) observer_.on_batch(epoch, b + 1);
    }
    optimizer_->Flush(parallel_);
    std::vector<std::pair<std::string, double>> losses;
    for (std::size_t t = 0; t < terms_.size(); ++t) {
      losses.emplace_back(terms_[t]->name(), sums[t] / static_cast<double>(interactions));
    }
    return losses;
  }

 private:
  void Step(const Batch& batch, std::vector<double>& sums) {
    users_.Clear();
    items_.Clear();
    users_.Add(batch.distinct_users);
    items_.Add(batch.distinct_positives);
    items_.Add(batch.distinct_negatives);
    for (const auto& term : terms_) term->SelectRows(batch, users_, items_);
    student_.SelectRows(users_.members(), items_.members());
    optimizer_->BeginStep(parallel_);
    student_.Forward(parallel_);
    for (std::size_t t = 0; t < terms_.size(); ++t) {
      const double loss = terms_[t]->Step(batch, student_, parallel_);
      if (!std::isfinite(loss)) {
        Fail("the loss '{}' became {} in epoch {}; lower its weight or --learning-rate",
             terms_[t]->name(), loss, batch.epoch);
      }
      sums[t] += loss;
    }
    student_.Backward(parallel_);
    optimizer_->EndStep(parallel_);
  }

  TrainableModel& student_;
  const std::vector<std::unique_ptr<Term>>& terms_;
  const Parallel& parallel_;
  const TrainObserver& observer_;
  BatchSampler batches_;
  std::unique_ptr<Optimizer> optimizer_;
  EntitySet users_, items_;
};

}  // namespace

TrainResult Train(TrainableModel& student, const Dataset& dataset,
                  const std::vector<std::unique_ptr<Term>>& terms, const TrainOptions& options,
                  const Parallel& parallel, const TrainObserver& observer) {
  const FlushDenormals flush;
  Run run(student, dataset, terms, options, parallel, observer);
  EarlyStopping stopping(options.stopping);
  const bool validate = !dataset.valid().empty();
  TrainResult result;
  while (result.epochs < options.epochs && !(validate && stopping.ShouldStop())) {
    EpochReport report{};
    report.epoch = result.epochs++;
    const Stopwatch training;
    report.losses = run.TrainEpoch(report.epoch, dataset.train().size());
    report.train_seconds = training.Seconds();
    const Stopwatch evaluation;
    if (validate) {
      report.valid = Evaluate(student, dataset, Split::kValid, parallel);
      report.best = stopping.Update(report.epoch, report.valid);
      if (report.best) result.model = student.Copy();
    }
    report.evaluate_seconds = evaluation.Seconds();
    for (const auto& term : terms) {
      report.diagnostics.emplace_back(term->name(), term->Diagnostics());
    }
    if (observer.on_epoch) observer.on_epoch(report);
  }
  if (!validate) result.model = student.Copy();
  result.best_epoch = validate ? stopping.best_epoch() : result.epochs - 1;
  result.valid = stopping.best();
  return result;
}

}  // namespace derrd
