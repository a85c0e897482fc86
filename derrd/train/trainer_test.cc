#include "derrd/train/trainer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "derrd/core/error.h"
#include "derrd/core/file.h"
#include "derrd/core/test_errors.h"
#include "derrd/eval/evaluator.h"
#include "derrd/eval/item_side.h"
#include "derrd/eval/rankings.h"
#include "derrd/models/bpr_mf.h"
#include "derrd/train/bpr_term.h"
#include "derrd/train/dcd_term.h"
#include "derrd/train/de_term.h"
#include "derrd/train/hetcomp_term.h"
#include "derrd/train/rce_kd_term.h"
#include "derrd/train/rrd_term.h"
#include "derrd/train/test_dataset.h"

namespace derrd {
namespace {

class TrainerTest : public testing::Test {
 protected:
  explicit TrainerTest(std::size_t users = 60, std::size_t items = 40)
      : dataset_(SmallDataset(folder_, users, items)) {
    options_.batch_size = 50;
    options_.optimizer.learning_rate = 0.02;
    options_.stopping = {{"NDCG@10"}, "NDCG@10", 4};
    terms_.push_back(std::make_unique<BprTerm>());
  }
  TrainResult Run(const std::function<void(const EpochReport&)>& on_epoch = {}) {
    BprMf student(dataset_.users(), dataset_.items(), 8, 1);
    return Train(student, dataset_, terms_, options_, parallel_, on_epoch);
  }

  TestFolder folder_;
  Dataset dataset_;
  Parallel parallel_{2};
  TrainOptions options_;
  std::vector<std::unique_ptr<Term>> terms_;
};

TEST_F(TrainerTest, OptionsOutOfRangeAreRefused) {
  BprMf student(dataset_.users(), dataset_.items(), 8, 1);
  const auto make = [&](const auto& change) {
    TrainOptions options = options_;
    change(options);
    const Trainer trainer(student, dataset_, terms_, options, parallel_);
  };
  EXPECT_THROW(make([](TrainOptions& o) { o.epochs = 0; }), UsageError);
  EXPECT_THROW(make([](TrainOptions& o) { o.batch_size = 0; }), UsageError);
  EXPECT_THROW(make([](TrainOptions& o) { o.negatives_per_interaction = 0; }), UsageError);
  EXPECT_NO_THROW(make([](TrainOptions&) {}));
}

TEST_F(TrainerTest, WhoeverIsToldOfABatchKeepsDenormalNumbers) {
  BprMf student(dataset_.users(), dataset_.items(), 8, 1);
  Trainer trainer(student, dataset_, terms_, options_, parallel_);
  volatile float small = 1e-30f;
  std::size_t calls = 0;
  trainer.TrainEpoch([&](std::size_t) {
    ++calls;
    EXPECT_GT(small * 1e-10f, 0.0f);
  });
  EXPECT_GT(calls, 1u);
}

TEST_F(TrainerTest, KeepsTheBestEpochAndStopsWhenPatienceIsOver) {
  std::vector<double> valid;
  std::vector<bool> best;
  const auto on_epoch = [&](const EpochReport& report) {
    EXPECT_EQ(report.epoch, static_cast<std::int32_t>(valid.size()));
    valid.push_back(report.valid.At("NDCG@10"));
    best.push_back(report.best);
  };
  const TrainResult result = Run(on_epoch);
  const auto highest = std::max_element(valid.begin(), valid.end());
  EXPECT_EQ(result.best_epoch, highest - valid.begin());
  EXPECT_EQ(result.epochs, result.best_epoch + 1 + 4);
  EXPECT_EQ(valid.size(), static_cast<std::size_t>(result.epochs));
  EXPECT_TRUE(best[static_cast<std::size_t>(result.best_epoch)]);
  EXPECT_FALSE(best.back());
  // The model that is handed back is the one that was best, not the last.
  EXPECT_EQ(Evaluate(*result.model, dataset_, Split::kValid, parallel_), result.valid);
  EXPECT_EQ(result.valid.At("NDCG@10"), *highest);
}

TEST_F(TrainerTest, NeverRunsMoreThanTheEpochsAskedFor) {
  options_.epochs = 3;
  options_.stopping.patience = 1000;
  EXPECT_EQ(Run().epochs, 3);
}

TEST_F(TrainerTest, TellsOfEveryBatch) {
  BprMf student(dataset_.users(), dataset_.items(), 8, 1);
  Trainer trainer(student, dataset_, terms_, options_, parallel_);
  std::vector<std::size_t> told;
  trainer.TrainEpoch([&](std::size_t done) { told.push_back(done); });
  ASSERT_EQ(told.size(), (dataset_.train().size() + 49) / 50);
  for (std::size_t b = 0; b < told.size(); ++b) EXPECT_EQ(told[b], b + 1);
}

TEST_F(TrainerTest, LearnsWhatItIsShown) {
  options_.epochs = 60;
  options_.stopping.patience = 1000;
  options_.optimizer.l2 = 0.0;
  double first = 0.0, last = 0.0;
  const auto on_epoch = [&](const EpochReport& report) {
    (report.epoch == 0 ? first : last) = report.losses[0].second;
  };
  Run(on_epoch);
  EXPECT_NEAR(first, std::log(2.0), 0.01);
  EXPECT_LT(last, 0.2);
}

// What a run of all terms leaves behind, interrupted after some epochs (-1: never): its model and
// its checkpoint at the end, bit for bit.
struct Remains {
  std::string model, checkpoint;
  bool operator==(const Remains&) const = default;
};

class ResumeTest : public TrainerTest, public testing::WithParamInterface<const char*> {
 protected:
  // Of a size at which sums, samplers and optimizers cut a step's work into several tasks.
  ResumeTest() : TrainerTest(600, 400), teacher_(dataset_.users(), dataset_.items(), 12, 3) {
    options_.batch_size = 700;
    options_.optimizer.kind = OptimizerNamed(GetParam());
    options_.stopping.patience = 3;
    options_.epochs = 9;
  }
  // The terms of a process of its own.
  std::vector<std::unique_ptr<Term>> Terms() {
    std::vector<std::unique_ptr<Term>> terms;
    terms.push_back(std::make_unique<BprTerm>());
    DeTermOptions de;
    de.experts = 3;
    terms.push_back(std::make_unique<DeTerm>(teacher_, 8, de, 1));
    RelaxedListOptions rrd;
    rrd.interesting = rrd.uninteresting = 4;
    rrd.top = 10;
    terms.push_back(std::make_unique<RrdTerm>(
        dataset_, RankUnobserved(teacher_, dataset_, rrd.top, parallel_), rrd, 1));
    AddRivals(terms);
    return terms;
  }
  void AddRivals(std::vector<std::unique_ptr<Term>>& terms) {
    const Names names{dataset_.user_ids(), dataset_.item_ids()};
    const DcdOptions dcd{0.01, 0.01, 4, 12, 10.0};
    terms.push_back(std::make_unique<DcdTerm>(
        dataset_, RankUnobserved(teacher_, dataset_, dcd.top, parallel_),
        RankUnobservedUsers(teacher_, dataset_, dcd.top, parallel_), dcd, 1));
    const RceKdOptions rce{0.01, 5, 5, 12, 10.0, 3.0, 1.0};
    terms.push_back(std::make_unique<RceKdTerm>(
        dataset_, teacher_, RankAllItems(teacher_, names, rce.top, parallel_), rce, 1));
    HetCompOptions hetcomp;
    hetcomp.period = 2;
    hetcomp.rest = 15;
    TeacherTrajectory trajectory{{}, RankObserved(teacher_, dataset_.train(), 2, names, parallel_)};
    for (std::uint64_t seed : {4, 5, 3}) {  // the last is the teacher
      const BprMf stage(dataset_.users(), dataset_.items(), 12, seed);
      trajectory.unobserved.push_back(RankUnobserved(stage, dataset_, 20, parallel_));
    }
    terms.push_back(std::make_unique<HetCompTerm>(dataset_, std::move(trajectory), hetcomp, 1));
  }
  void Checkpoint(Trainer& trainer, const std::string& path) {
    SafetensorsWriter writer("checkpoint");
    trainer.AddTo(writer);
    writer.Write(path);
  }
  // What a process holds.
  struct Process {
    explicit Process(ResumeTest& test, int threads = 2)
        : parallel(threads),
          student(test.dataset_.users(), test.dataset_.items(), 8, 1),
          terms(test.Terms()),
          trainer(student, test.dataset_, terms, test.options_, parallel) {}
    Parallel parallel;
    BprMf student;
    std::vector<std::unique_ptr<Term>> terms;
    Trainer trainer;
  };
  Remains RunInterrupted(std::int32_t after) {
    const std::string path = folder_ / "checkpoint";
    auto process = std::make_unique<Process>(*this);
    while (!process->trainer.Done()) {
      if (process->trainer.epochs() == after) {
        Checkpoint(process->trainer, path);
        process = std::make_unique<Process>(*this);
        process->trainer.Restore(SafetensorsFile(path));
        EXPECT_EQ(process->trainer.epochs(), after);
      }
      process->trainer.TrainEpoch();
    }
    return Finish(*process);
  }
  Remains Finish(Process& process) {
    const std::string path = folder_ / "checkpoint";
    Checkpoint(process.trainer, path);
    const TrainResult result = process.trainer.Finish();
    SafetensorsWriter writer("model");
    result.model->AddTo(writer);
    writer.Write(folder_ / "model");
    return {ReadTextFile(folder_ / "model"), ReadTextFile(path)};
  }

  BprMf teacher_;
};

TEST_P(ResumeTest, AResumedRunHasTheBitsOfOneThatWasNeverInterrupted) {
  const Remains whole = RunInterrupted(-1);
  for (const std::int32_t after : {0, 1, 2, 4}) {
    EXPECT_TRUE(RunInterrupted(after) == whole) << "after " << after << " epochs";
  }
}

TEST_P(ResumeTest, TheBitsAreTheSameAtAnyNumberOfThreads) {
  const Remains two = RunInterrupted(-1);
  for (const int threads : {1, 3, 8}) {
    Process process(*this, threads);
    while (!process.trainer.Done()) process.trainer.TrainEpoch();
    EXPECT_TRUE(Finish(process) == two) << threads;
  }
}

TEST_P(ResumeTest, WhatATermRemembersIsKept) {
  Process from(*this);
  for (int epoch = 0; epoch < 5; ++epoch) from.trainer.TrainEpoch();
  Checkpoint(from.trainer, folder_ / "checkpoint");
  const SafetensorsFile file(folder_ / "checkpoint");
  const auto progress = file.MatrixOf<float>("term/hetcomp/progress");
  ASSERT_EQ(progress.rows(), dataset_.users());
  std::size_t moved = 0;
  for (std::size_t u = 0; u < progress.rows(); ++u) moved += progress(u, 0) > 0.0f;
  EXPECT_GT(moved, 10u);
}

INSTANTIATE_TEST_SUITE_P(, ResumeTest, testing::Values("adam", "row-adam", "adagrad", "sgd"));

TEST_F(TrainerTest, ACheckpointOfAnotherShapeIsRefused) {
  BprMf narrow(dataset_.users(), dataset_.items(), 8, 1);
  BprMf wide(dataset_.users(), dataset_.items(), 9, 1);
  Trainer from(narrow, dataset_, terms_, options_, parallel_);
  Trainer to(wide, dataset_, terms_, options_, parallel_);
  SafetensorsWriter writer("checkpoint");
  from.AddTo(writer);
  writer.Write(folder_ / "checkpoint");
  EXPECT_THROW(to.Restore(SafetensorsFile(folder_ / "checkpoint")), Error);
  SafetensorsWriter empty("checkpoint");
  empty.Write(folder_ / "empty");
  EXPECT_THROW(to.Restore(SafetensorsFile(folder_ / "empty")), Error);
}

// A term whose loss becomes infinite in the third epoch.
class ExplodingTerm : public Term {
 public:
  std::string_view name() const override { return "boom"; }
  void BeginEpoch(std::int32_t epoch, const TrainableModel&, const Parallel&) override {
    epoch_ = epoch;
  }
  double Step(const Batch&, TrainableModel&, const Parallel&) override {
    return epoch_ < 2 ? 0.0 : std::numeric_limits<double>::infinity();
  }

 private:
  std::int32_t epoch_ = 0;
};

TEST_F(TrainerTest, ALossThatIsNotFiniteStopsTheRunWithASentence) {
  terms_.push_back(std::make_unique<ExplodingTerm>());
  EXPECT_THAT(MessageOf([&] { Run(); }), testing::HasSubstr("'boom' became inf in epoch 2"));
}

}  // namespace
}  // namespace derrd
