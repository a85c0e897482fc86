#include "derrd/train/trainer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "derrd/core/error.h"
#include "derrd/eval/evaluator.h"
#include "derrd/models/bpr_mf.h"
#include "derrd/train/bpr_term.h"
#include "derrd/train/test_dataset.h"

namespace derrd {
namespace {

class TrainerTest : public testing::Test {
 protected:
  TrainerTest() : dataset_(SmallDataset(folder_, 60, 40)) {
    options_.batch_size = 50;
    options_.optimizer.learning_rate = 0.02;
    options_.stopping = {{"NDCG@10"}, "NDCG@10", 4};
    terms_.push_back(std::make_unique<BprTerm>());
  }
  TrainResult Run(const TrainObserver& observer = {}) {
    BprMf student(dataset_.users(), dataset_.items(), 8, 1);
    return Train(student, dataset_, terms_, options_, parallel_, observer);
  }

  TestFolder folder_;
  Dataset dataset_;
  Parallel parallel_{2};
  TrainOptions options_;
  std::vector<std::unique_ptr<Term>> terms_;
};

TEST_F(TrainerTest, KeepsTheBestEpochAndStopsWhenPatienceIsOver) {
  std::vector<double> valid;
  std::vector<bool> best;
  TrainObserver observer;
  observer.on_epoch = [&](const EpochReport& report) {
    EXPECT_EQ(report.epoch, static_cast<std::int32_t>(valid.size()));
    valid.push_back(report.valid.At("NDCG@10"));
    best.push_back(report.best);
  };
  const TrainResult result = Run(observer);
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
  std::size_t batches = 0;
  TrainObserver observer;
  observer.on_batch = [&](std::int32_t, std::size_t done) { batches = std::max(batches, done); };
  EXPECT_EQ(Run(observer).epochs, 3);
  EXPECT_EQ(batches, (dataset_.train().size() + 49) / 50);
}

TEST_F(TrainerTest, LearnsWhatItIsShown) {
  options_.epochs = 60;
  options_.stopping.patience = 1000;
  options_.optimizer.l2 = 0.0;
  double first = 0.0, last = 0.0;
  TrainObserver observer;
  observer.on_epoch = [&](const EpochReport& report) {
    (report.epoch == 0 ? first : last) = report.losses[0].second;
  };
  Run(observer);
  EXPECT_NEAR(first, std::log(2.0), 0.01);
  EXPECT_LT(last, 0.2);
}

// A term whose loss becomes infinite in the third epoch.
class ExplodingTerm : public Term {
 public:
  std::string_view name() const override { return "boom"; }
  void BeginEpoch(std::int32_t epoch, const Parallel&) override { epoch_ = epoch; }
  double Step(const Batch&, TrainableModel&, const Parallel&) override {
    return epoch_ < 2 ? 0.0 : std::numeric_limits<double>::infinity();
  }

 private:
  std::int32_t epoch_ = 0;
};

TEST_F(TrainerTest, ALossThatIsNotFiniteStopsTheRunWithASentence) {
  terms_.push_back(std::make_unique<ExplodingTerm>());
  try {
    Run();
    FAIL() << "trained on";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("'boom' became inf in epoch 2"), std::string::npos);
  }
}

}  // namespace
}  // namespace derrd
