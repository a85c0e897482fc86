#include "derrd/train/als.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <vector>

#include "derrd/core/test_folder.h"
#include "derrd/eval/evaluator.h"
#include "derrd/models/bpr_mf.h"
#include "derrd/train/sweeps.h"
#include "derrd/train/test_dataset.h"

namespace derrd {
namespace {

TEST(AlsLists, AreCutToTheirShareOfAll) {
  const AlsLists lists = ListsOf({}, 4000, 3000, 4000);
  EXPECT_EQ(lists.items, 300u);
  EXPECT_EQ(lists.users, 400u);
}

TEST(AlsLists, AreNeverLongerThanAskedFor) {
  const AlsLists lists = ListsOf({}, 100'000, 100'000, 100'000);
  EXPECT_EQ(lists.items, 1500u);
  EXPECT_EQ(lists.users, 500u);
}

TEST(AlsLists, ManyInteractionsARowAskForLongerOnes) {
  const AlsLists lists = ListsOf({}, 1000, 2000, 100'000);
  EXPECT_EQ(lists.items, 500u);  // five times 100, more than a tenth of 2,000
  EXPECT_EQ(lists.users, 250u);
}

TEST(AlsLists, HoldSomebodyUnlessThereAreNone) {
  const AlsLists lists = ListsOf({.users = 0}, 3, 3, 0);
  EXPECT_EQ(lists.items, 1u);
  EXPECT_EQ(lists.users, 0u);
}

class AlsTest : public testing::Test {
 protected:
  AlsProblem Prepare(AlsOptions options) const {
    return PrepareAls(teacher_, dataset_, 4, options, 7, Parallel(2));
  }
  // Validation after three sweeps, from the public parts alone.
  double AfterThreeSweeps(double l2) const {
    AlsOptions options = options_;
    options.l2 = l2;
    const AlsProblem problem = Prepare(options);
    for (int sweep = 0; sweep < 3; ++sweep) problem.ials->Sweep(Parallel(1));
    return Evaluate(problem.ials->ToModel(), dataset_, Split::kValid, Parallel(1)).At("NDCG@10");
  }

  TestFolder folder_;
  Dataset dataset_ = SmallDataset(folder_, 200, 60);
  BprMf teacher_{dataset_.users(), dataset_.items(), 8, 5};
  AlsOptions options_{.items = 20, .users = 30, .share = 1.0};
};

// One user with nearly everything leaves the others what they had: theirs alone shrink from 20
// to 2.
TEST_F(AlsTest, ABusyUserShortensNobodysList) {
  const TestFolder folder;
  const Dataset busy = SmallDataset(folder, 200, 60, 58);
  const WeightedLists before = AlsPairs(teacher_, dataset_, options_, Parallel(2));
  const WeightedLists after = AlsPairs(teacher_, busy, options_, Parallel(2));
  EXPECT_EQ(after.lists.items.size() + 18,
            before.lists.items.size() + 58 - dataset_.train().Of(0).size());
}

TEST_F(AlsTest, AGivenL2IsTaken) {
  options_.l2 = 0.3;
  EXPECT_EQ(Prepare(options_).l2, 0.3);
}

TEST_F(AlsTest, L2IsTheDefaultUnlessAnotherIsClearlyBetterOnValidation) {
  std::size_t best = 0;
  std::vector<double> found;
  for (const double l2 : kAlsL2s) {
    found.push_back(AfterThreeSweeps(l2));
    if (found.back() > found[best]) best = found.size() - 1;
  }
  if (found[best] <= 1.02 * found[0]) best = 0;
  EXPECT_EQ(Prepare(options_).l2, kAlsL2s[best]);
}

TEST_F(AlsTest, TheChoiceTellsHowFarItIs) {
  std::vector<std::size_t> told;
  PrepareAls(teacher_, dataset_, 4, options_, 7, Parallel(1),
             [&](std::size_t done, std::size_t all) {
               EXPECT_EQ(all, 9u);
               told.push_back(done);
             });
  EXPECT_THAT(told, testing::ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9));
}

TEST_F(AlsTest, SweepsUntilValidationStopsGainingAndKeepsTheBest) {
  const SweepOptions sweeps{50, "bpr-mf", {{"NDCG@10"}, "NDCG@10", 2}};
  std::vector<double> valid;
  const TrainResult result =
      Solve(*Prepare(options_).ials, dataset_, sweeps, Parallel(2), [&](const EpochReport& report) {
        EXPECT_EQ(report.epoch, std::ssize(valid));
        valid.push_back(report.valid.At("NDCG@10"));
      });
  ASSERT_EQ(result.epochs, std::ssize(valid));
  EXPECT_EQ(result.model->kind(), "bpr-mf");
  const auto best = std::max_element(valid.begin(), valid.end());
  EXPECT_EQ(result.best_epoch, best - valid.begin());
  EXPECT_EQ(result.valid.At("NDCG@10"), *best);
  EXPECT_EQ(Evaluate(*result.model, dataset_, Split::kValid, Parallel(1)).At("NDCG@10"), *best);
  EXPECT_EQ(result.epochs, std::min(50, result.best_epoch + 3));  // patience 2
}

TEST_F(AlsTest, SameBitsAtAnyNumberOfThreads) {
  const auto rows = [&](int threads) {
    const AlsProblem problem = PrepareAls(teacher_, dataset_, 4, options_, 7, Parallel(threads));
    problem.ials->Sweep(Parallel(threads));
    const auto numbers = problem.ials->item_rows().elements();
    return std::vector<double>(numbers.begin(), numbers.end());
  };
  EXPECT_EQ(rows(1), rows(3));
}

TEST_F(AlsTest, ListsBeyondWhatSomebodyHasAreCut) {
  options_.items = 1000;
  EXPECT_NO_THROW(Prepare(options_));
}

}  // namespace
}  // namespace derrd
