#include "derrd/train/trainer.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <iterator>

#include "derrd/core/error.h"
#include "derrd/core/stopwatch.h"
#include "derrd/eval/evaluator.h"
#include "derrd/kernels/vectors.h"

namespace derrd {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kStateKey = "derrd.state";
constexpr std::size_t kCheckGrain = 1024;                 // rows a task looks at
constexpr std::size_t kCopyGrain = std::size_t{1} << 20;  // numbers a task copies

void Copy(std::span<const float> from, std::span<float> to, const Parallel& parallel) {
  parallel.ForRanges(from.size(), kCopyGrain, [&](std::size_t begin, std::size_t end) {
    std::copy_n(from.data() + begin, end - begin, to.data() + begin);
  });
}

void AddAll(SafetensorsWriter& writer, const std::string& folder,
            const std::vector<NamedMatrix>& tensors) {
  for (const NamedMatrix& tensor : tensors) {
    writer.Add<float>(folder + tensor.name, MatrixView<const float>(tensor.values));
  }
}

void FillAll(const SafetensorsFile& file, const std::string& folder,
             const std::vector<NamedMatrix>& tensors, const Parallel& parallel) {
  for (const NamedMatrix& tensor : tensors) {
    const auto from = file.MatrixOf<float>(folder + tensor.name);
    if (from.rows() != tensor.values.rows() || from.cols() != tensor.values.cols()) {
      Fail("{}: tensor '{}{}' is {} x {} where {} x {} is needed; it is of another run",
           file.path(), folder, tensor.name, from.rows(), from.cols(), tensor.values.rows(),
           tensor.values.cols());
    }
    Copy(from.elements(), tensor.values.elements(), parallel);
  }
}

const TrainOptions& Checked(const TrainOptions& options) {
  if (options.epochs < 1) Fail<UsageError>("--epochs {}: give 1 or more", options.epochs);
  if (options.batch_size < 1) Fail<UsageError>("--batch-size 0: give 1 or more");
  if (options.negatives_per_interaction < 1) {
    Fail<UsageError>("--negatives-per-interaction 0: give 1 or more");
  }
  return options;
}

}  // namespace

Trainer::Trainer(TrainableModel& student, const Dataset& dataset,
                 const std::vector<std::unique_ptr<Term>>& terms, const TrainOptions& options,
                 const Parallel& parallel)
    : student_(student),
      dataset_(dataset),
      terms_(terms),
      parallel_(parallel),
      max_epochs_(Checked(options).epochs),
      validate_(!dataset.valid().empty()),
      batches_{BatchSampler(dataset, options.batch_size, options.seed,
                            options.negatives_per_interaction),
               BatchSampler(dataset, options.batch_size, options.seed,
                            options.negatives_per_interaction)},
      optimizer_(MakeOptimizer(options.optimizer)),
      stopping_(options.stopping),
      users_(dataset.users()),
      items_(dataset.items()) {
  for (EmbeddingTable* table : student.tables()) optimizer_->Add(table);
  for (DenseParameter* parameter : student.dense_parameters()) optimizer_->Add(parameter);
  for (const auto& term : terms) {
    for (DenseParameter* parameter : term->parameters()) optimizer_->Add(parameter);
  }
  student.Refresh(parallel);
}

bool Trainer::Done() const {
  return epochs_ >= max_epochs_ || (validate_ && stopping_.ShouldStop());
}

EpochReport Trainer::TrainEpoch(const OnBatch& on_batch) {
  EpochReport report{};
  report.epoch = epochs_++;
  const Stopwatch watch;
  std::vector<double> sums(terms_.size(), 0.0);
  const std::size_t count = batches_[0].batches_per_epoch();
  const Batch* batch = BeginEpoch(report.epoch);
  for (std::size_t b = 0; b < count; ++b) {
    BatchSampler* next = nullptr;
    if (b + 1 < count) {
      next = &batches_[(b + 1) % 2];
      next->Begin(report.epoch, b + 1);
    }
    batch = Step(*batch, next, sums);
    if (on_batch) on_batch(b + 1);  // somebody else's arithmetic, which keeps its denormals
  }
  const FlushDenormals flush;
  optimizer_->Flush(parallel_);
  student_.Refresh(parallel_);
  for (std::size_t t = 0; t < terms_.size(); ++t) {
    const std::string name(terms_[t]->name());
    report.losses.emplace_back(name, sums[t] / static_cast<double>(dataset_.train().size()));
    report.diagnostics.emplace_back(name, terms_[t]->Diagnostics());
  }
  report.train_seconds = watch.Seconds();
  Evaluate(report);
  return report;
}

const Batch* Trainer::BeginEpoch(std::int32_t epoch) {
  const FlushDenormals flush;
  for (const auto& term : terms_) term->BeginEpoch(epoch, student_, parallel_);
  return &batches_[0].Get(epoch, 0, parallel_);
}

// Half a batch is drawn beside what the step does first, and half beside its losses: both have
// parts that keep one thread busy.
const Batch* Trainer::Step(const Batch& batch, BatchSampler* next, std::vector<double>& sums) {
  const Batch* drawn = nullptr;
  const std::size_t tasks = next != nullptr ? 2 : 1;
  parallel_.For(tasks, [&](std::size_t task) {
    if (task == 0) {
      PrepareRows(batch);
    } else {
      next->DrawHalf(0, parallel_);
    }
  });
  parallel_.For(tasks, [&](std::size_t task) {
    if (task == 0) {
      ComputeLosses(batch, sums);
    } else {
      next->DrawHalf(1, parallel_);
      drawn = &next->Take();
    }
  });
  const FlushDenormals flush;
  student_.Backward(parallel_);
  optimizer_->EndStep(parallel_);
  return drawn;
}

void Trainer::PrepareRows(const Batch& batch) {
  users_.Clear();
  items_.Clear();
  users_.Add(batch.distinct_users);
  items_.Add(batch.distinct_positives);
  items_.Add(batch.distinct_negatives);
  for (const auto& term : terms_) term->SelectRows(batch, users_, items_);
  student_.SelectRows(users_.members(), items_.members());
  optimizer_->BeginStep(parallel_);
}

void Trainer::ComputeLosses(const Batch& batch, std::vector<double>& sums) {
  student_.Forward(batch.step, parallel_);
  for (std::size_t t = 0; t < terms_.size(); ++t) {
    const double loss = terms_[t]->Step(batch, student_, parallel_);
    if (!std::isfinite(loss)) {
      Fail<NotFinite>("the loss '{}' became {} in epoch {}; lower its weight or --learning-rate",
                      terms_[t]->name(), loss, batch.epoch);
    }
    sums[t] += loss;
  }
}

void Trainer::Evaluate(EpochReport& report) {
  if (!validate_) return;
  const Stopwatch watch;
  report.valid = derrd::Evaluate(student_, dataset_, Split::kValid, parallel_);
  report.best = stopping_.Update(report.epoch, report.valid);
  if (report.best) KeepEpoch();
  report.evaluate_seconds = watch.Seconds();
}

void Trainer::KeepEpoch() {
  const std::vector<NamedMatrix> from = StudentParameters();
  best_.resize(from.size());
  for (std::size_t i = 0; i < from.size(); ++i) {
    best_[i].Reshape(from[i].values.rows(), from[i].values.cols());
    Copy(from[i].values.elements(), best_[i].view().elements(), parallel_);
  }
}

// A row whose squared length overflows can have infinite scores.
void Trainer::CheckFinite() {
  for (const NamedMatrix& tensor : StudentParameters()) {
    const MatrixView<const float> rows = tensor.values;
    std::atomic<bool> finite = true;
    parallel_.ForRanges(rows.rows(), kCheckGrain, [&](std::size_t begin, std::size_t end) {
      for (std::size_t r = begin; r < end; ++r) {
        if (!std::isfinite(kernels::Dot(rows.row(r), rows.row(r), rows.cols()))) finite = false;
      }
    });
    if (finite) continue;
    Fail<NotFinite>(
        "'{}' is beyond what scores can be computed of after epoch {}; lower --learning-rate",
        tensor.name, epochs_ - 1);
  }
}

TrainResult Trainer::Finish() {
  if (!validate_) CheckFinite();
  const std::vector<NamedMatrix> to = StudentParameters();
  for (std::size_t i = 0; i < best_.size(); ++i) {
    Copy(std::as_const(best_[i]).view().elements(), to[i].values.elements(), parallel_);
  }
  best_.clear();
  optimizer_.reset();  // makes room for the copy
  student_.Refresh(parallel_);
  return {student_.Copy(), validate_ ? stopping_.best_epoch() : epochs_ - 1, epochs_,
          stopping_.best()};
}

std::vector<NamedMatrix> Trainer::StudentParameters() {
  std::vector<NamedMatrix> tensors;
  for (EmbeddingTable* table : student_.tables()) tensors.push_back({table->name, table->values});
  for (DenseParameter* parameter : student_.dense_parameters()) {
    tensors.push_back({parameter->name, parameter->values});
  }
  return tensors;
}

std::vector<NamedMatrix> Trainer::Parameters() {
  std::vector<NamedMatrix> tensors = StudentParameters();
  for (const auto& term : terms_) {
    for (DenseParameter* parameter : term->parameters()) {
      tensors.push_back({parameter->name, parameter->values});
    }
  }
  return tensors;
}

std::vector<NamedMatrix> Trainer::BestParameters() {
  std::vector<NamedMatrix> tensors = StudentParameters();
  tensors.resize(best_.size());
  for (std::size_t i = 0; i < best_.size(); ++i) tensors[i].values = best_[i];
  return tensors;
}

std::vector<NamedMatrix> Trainer::TermState() {
  std::vector<NamedMatrix> tensors;
  for (const auto& term : terms_) std::ranges::move(term->State(), std::back_inserter(tensors));
  return tensors;
}

void Trainer::AddTo(SafetensorsWriter& writer) {
  AddAll(writer, "parameter/", Parameters());
  AddAll(writer, "optimizer/", optimizer_->State());
  AddAll(writer, "term/", TermState());
  AddAll(writer, "best/", BestParameters());
  const Json state = {{"epochs", epochs_},
                      {"steps", optimizer_->step()},
                      {"keeps_an_epoch", !best_.empty()},
                      {"stopping", stopping_.State()}};
  writer.SetMetadata(kStateKey, state.dump());
}

void Trainer::Restore(const SafetensorsFile& file) {
  const Json state = Json::parse(file.MetadataOr(kStateKey, "null"), nullptr, false);
  if (!state.is_object()) Fail("{}: holds no state of a run; start without it", file.path());
  try {
    RestoreFrom(file, state);
  } catch (const Json::exception& error) {
    Fail("{}: holds no state of a run ({}); start without it", file.path(), error.what());
  }
}

void Trainer::RestoreFrom(const SafetensorsFile& file, const Json& state) {
  FillAll(file, "parameter/", Parameters(), parallel_);
  FillAll(file, "optimizer/", optimizer_->State(), parallel_);
  FillAll(file, "term/", TermState(), parallel_);
  if (state.at("keeps_an_epoch").get<bool>()) {
    KeepEpoch();  // for the shapes
    FillAll(file, "best/", BestParameters(), parallel_);
  }
  optimizer_->SetStep(state.at("steps").get<std::int32_t>());
  stopping_.Restore(state.at("stopping"));
  epochs_ = state.at("epochs").get<std::int32_t>();
  student_.Refresh(parallel_);
}

TrainResult Train(TrainableModel& student, const Dataset& dataset,
                  const std::vector<std::unique_ptr<Term>>& terms, const TrainOptions& options,
                  const Parallel& parallel,
                  const std::function<void(const EpochReport&)>& on_epoch) {
  Trainer trainer(student, dataset, terms, options, parallel);
  while (!trainer.Done()) {
    const EpochReport report = trainer.TrainEpoch();
    if (on_epoch) on_epoch(report);
  }
  return trainer.Finish();
}

}  // namespace derrd
