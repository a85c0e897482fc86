// Every model in the training loop: it learns, from data and from a teacher, with the same bits at
// any number of threads and after an interruption.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "derrd/core/error.h"
#include "derrd/core/file.h"
#include "derrd/eval/rankings.h"
#include "derrd/models/bpr_mf.h"
#include "derrd/models/cdae.h"
#include "derrd/models/light_gcn.h"
#include "derrd/models/neu_mf.h"
#include "derrd/train/bce_term.h"
#include "derrd/train/bpr_term.h"
#include "derrd/train/de_term.h"
#include "derrd/train/rrd_term.h"
#include "derrd/train/test_dataset.h"
#include "derrd/train/trainer.h"
#include "derrd/train/warm_start.h"

namespace derrd {
namespace {

constexpr std::size_t kStudentWidth = 8;

class BaseModelTest : public testing::TestWithParam<std::string> {
 protected:
  BaseModelTest() : dataset_(SmallDataset(folder_, 300, 90)), teacher_(300, 90, 12, /*seed=*/3) {
    options_.epochs = 5;
    options_.batch_size = 400;
    options_.negatives_per_interaction = 2;
    options_.optimizer.learning_rate = 0.01;
    options_.optimizer.l2 = 1e-5;
    options_.stopping = {{"NDCG@10"}, "NDCG@10", 100};
  }
  std::unique_ptr<TrainableModel> Make() const {
    const Interactions lists{dataset_.train().offsets, dataset_.train().items};
    if (GetParam() == "lightgcn") {
      return std::make_unique<LightGcn>(lists, dataset_.items(), kStudentWidth, 2, 1);
    }
    if (GetParam() == "cdae") {
      return std::make_unique<Cdae>(lists, dataset_.items(), kStudentWidth, 0.3, 1);
    }
    return std::make_unique<NeuMf>(
        NeuMfShape::For(dataset_.users(), dataset_.items(), kStudentWidth, 2), 1);
  }
  // From the data alone, or from the teacher too.
  std::vector<std::unique_ptr<Term>> Terms(bool distil) const {
    std::vector<std::unique_ptr<Term>> terms;
    if (GetParam() == "lightgcn") {
      terms.push_back(std::make_unique<BprTerm>());
    } else {
      terms.push_back(std::make_unique<BceTerm>());
    }
    if (!distil) return terms;
    DeTermOptions de;
    de.experts = 3;
    terms.push_back(std::make_unique<DeTerm>(teacher_, kStudentWidth, de, 1));
    RelaxedListOptions rrd;
    rrd.weight = 1.0;
    rrd.interesting = rrd.uninteresting = 4;
    rrd.top = 10;
    terms.push_back(std::make_unique<RrdTerm>(
        dataset_, RankUnobserved(teacher_, dataset_, rrd.top, Parallel(1)), rrd, 1));
    return terms;
  }
  // The bytes of the model that a run leaves, interrupted after some epochs (-1: never).
  std::string Run(int threads, std::int32_t interrupted_after) {
    const Parallel parallel(threads);
    auto student = Make();
    auto terms = Terms(true);
    auto trainer = std::make_unique<Trainer>(*student, dataset_, terms, options_, parallel);
    while (!trainer->Done()) {
      if (trainer->epochs() == interrupted_after) {
        SafetensorsWriter writer("checkpoint");
        trainer->AddTo(writer);
        writer.Write(folder_ / "checkpoint");
        trainer.reset();
        student = Make();
        terms = Terms(true);
        trainer = std::make_unique<Trainer>(*student, dataset_, terms, options_, parallel);
        trainer->Restore(SafetensorsFile(folder_ / "checkpoint"));
        interrupted_after = -1;
      }
      trainer->TrainEpoch();
    }
    const TrainResult result = trainer->Finish();
    SafetensorsWriter writer("model");
    result.model->AddTo(writer);
    writer.Write(folder_ / "model");
    return ReadTextFile(folder_ / "model");
  }

  TestFolder folder_;
  Dataset dataset_;
  BprMf teacher_;
  TrainOptions options_;
};

TEST_P(BaseModelTest, LearnsWhatItIsShown) {
  options_.epochs = 100;
  options_.optimizer.learning_rate = 0.03;
  const auto student = Make();
  const auto terms = Terms(false);
  double first = 0.0, last = 0.0;
  Train(*student, dataset_, terms, options_, Parallel(2), [&](const EpochReport& report) {
    (report.epoch == 0 ? first : last) = report.losses[0].second;
  });
  EXPECT_LT(last, 0.7 * first);
}

TEST_P(BaseModelTest, HasTheSameBitsAtAnyNumberOfThreadsAndAfterAnInterruption) {
  const std::string bytes = Run(1, -1);
  EXPECT_TRUE(Run(3, -1) == bytes);
  EXPECT_TRUE(Run(2, 2) == bytes);
}

// The teacher's losses reach its parameters: they shrink.
TEST_P(BaseModelTest, LearnsFromATeacher) {
  options_.epochs = 40;
  const auto student = Make();
  const auto terms = Terms(true);
  std::vector<double> first, last;
  Train(*student, dataset_, terms, options_, Parallel(2), [&](const EpochReport& report) {
    auto& losses = report.epoch == 0 ? first : last;
    losses.clear();
    for (const auto& [name, loss] : report.losses) losses.push_back(loss);
  });
  EXPECT_LT(last[1], first[1]) << "de";
  EXPECT_LT(last[2], first[2]) << "rrd";
}

INSTANTIATE_TEST_SUITE_P(, BaseModelTest, testing::Values("lightgcn", "neumf", "cdae"),
                         [](const auto& test) { return test.param; });

using NewIds = std::vector<std::string>;

ModelFile EarlierNeuMf(int layers) {
  ModelFile file;
  file.model = std::make_unique<NeuMf>(NeuMfShape::For(2, 3, 8, layers), 1);
  file.user_ids = Ids(NewIds{"a", "b"});
  file.item_ids = Ids(NewIds{"x", "y", "z"});
  return file;
}

TEST(WarmStartOfNetworks, TakesRowsAndLayers) {
  NeuMf student(NeuMfShape::For(1, 3, 8, 2), 2);
  const ModelFile earlier = EarlierNeuMf(2);
  WarmStart(earlier, "old", Ids(NewIds{"b"}), Ids(NewIds{"x", "y", "z"}), student);
  Matrix<float> now(1, 3), then(1, 3);
  student.Refresh(Parallel(1));
  dynamic_cast<NeuMf&>(*earlier.model).Refresh(Parallel(1));
  student.ScoreAllItems(std::vector<std::int32_t>{0}, now);
  earlier.model->ScoreAllItems(std::vector<std::int32_t>{1}, then);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(now(0, i), then(0, i));
}

TEST(WarmStartOfNetworks, OtherLayersOrNoneToTrainAreRefused) {
  NeuMf student(NeuMfShape::For(2, 3, 8, 2), 2);
  EXPECT_THROW(WarmStart(EarlierNeuMf(3), "old", Ids(NewIds{"a"}), Ids(NewIds{"x"}), student),
               UsageError);
  const OwnedInteractions lists{{0, 1}, {0}};
  LightGcn graph(lists.view(), 1, 8, 1, 1);
  ModelFile answers;
  answers.model = graph.Copy();
  answers.user_ids = Ids(NewIds{"a"});
  answers.item_ids = Ids(NewIds{"x"});
  EXPECT_THROW(WarmStart(answers, "old", Ids(NewIds{"a"}), Ids(NewIds{"x"}), graph), UsageError);
}

}  // namespace
}  // namespace derrd
