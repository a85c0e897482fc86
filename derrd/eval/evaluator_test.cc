#include "derrd/eval/evaluator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <vector>

#include "derrd/core/error.h"
#include "derrd/core/test_errors.h"
#include "derrd/eval/test_score_table.h"

namespace derrd {
namespace {

using testing::AllOf;
using testing::HasSubstr;

bool Contains(std::span<const std::int32_t> items, std::int32_t item) {
  return std::ranges::find(items, item) != items.end();
}

// The rank of an item by its definition: one, and one more for each other candidate that is not
// below it.
std::size_t SlowRank(const ScoreTable& model, std::size_t user, std::int32_t target,
                     const std::vector<std::int32_t>& candidates) {
  std::size_t rank = 1;
  const float score = model.At(user, static_cast<std::size_t>(target));
  for (const std::int32_t item : candidates) {
    if (item != target && !(model.At(user, static_cast<std::size_t>(item)) < score)) ++rank;
  }
  return rank;
}

Metrics SlowFull(const ScoreTable& model, const Interactions& train, const Interactions& held_out) {
  MetricSums sums;
  for (std::size_t user = 0; user < model.users(); ++user) {
    std::vector<std::int32_t> candidates;
    for (std::int32_t item = 0; item < static_cast<std::int32_t>(model.items()); ++item) {
      if (!Contains(train.Of(user), item)) candidates.push_back(item);
    }
    std::vector<std::size_t> ranks;
    for (const std::int32_t item : held_out.Of(user)) {
      if (Contains(candidates, item)) ranks.push_back(SlowRank(model, user, item, candidates));
    }
    if (!ranks.empty()) sums.AddUser(ranks);
  }
  return sums.Means(/*with_recall=*/true);
}

Metrics SlowSampled(const ScoreTable& model, const Interactions& held_out,
                    const Interactions& other, const Interactions& given) {
  MetricSums sums;
  for (std::size_t user = 0; user < model.users(); ++user) {
    const auto targets = held_out.Of(user);
    if (targets.empty()) continue;
    std::vector<std::int32_t> candidates(targets.begin(), targets.end());
    for (const std::int32_t item : given.Of(user)) {
      if (!Contains(targets, item) && !Contains(other.Of(user), item)) candidates.push_back(item);
    }
    std::vector<std::size_t> ranks;
    for (const std::int32_t item : targets)
      ranks.push_back(SlowRank(model, user, item, candidates));
    sums.AddUser(ranks);
  }
  return sums.Means(/*with_recall=*/false);
}

void ExpectNear(const Metrics& a, const Metrics& b) {
  ASSERT_EQ(a.size(), b.size());
  for (const auto& [name, value] : a) EXPECT_NEAR(value, b.At(name), 1e-12) << name;
}

TEST(EvaluateFull, AgreesWithBruteForceAndIsTheSameAtAnyNumberOfThreads) {
  // More users than a block has, a number of them that no slice divides, ties everywhere.
  const auto model = ScoreTable::WithTies(1003, 137, 1);
  const auto train = RandomInteractions(1003, 137, 30, 2);
  const auto held_out = RandomInteractions(1003, 137, 12, 3);  // some are in training, too
  const Metrics one = EvaluateFull(model, train.view(), held_out.view(), kIndices, Parallel(1));
  ExpectNear(one, SlowFull(model, train.view(), held_out.view()));
  EXPECT_GT(one.At("HR@5"), 0.0);
  for (const int threads : {2, 3, 8}) {
    EXPECT_EQ(one, EvaluateFull(model, train.view(), held_out.view(), kIndices, Parallel(threads)));
  }
}

TEST(EvaluateSampled, AgreesWithBruteForceAndIsTheSameAtAnyNumberOfThreads) {
  const auto model = ScoreTable::WithTies(1003, 137, 4);
  const auto held_out = RandomInteractions(1003, 137, 2, 5);
  const auto other = RandomInteractions(1003, 137, 2, 6);
  const auto given =
      RandomInteractions(1003, 137, 60, 7);  // may hold targets and the other's items
  const Metrics one =
      EvaluateSampled(model, held_out.view(), other.view(), given.view(), kIndices, Parallel(1));
  ExpectNear(one, SlowSampled(model, held_out.view(), other.view(), given.view()));
  EXPECT_GT(one.At("HR@5"), 0.0);
  EXPECT_FALSE(one.Has("Recall@5"));
  for (const int threads : {2, 3, 8}) {
    EXPECT_EQ(one, EvaluateSampled(model, held_out.view(), other.view(), given.view(), kIndices,
                                   Parallel(threads)));
  }
}

OwnedInteractions Of(std::vector<std::vector<std::int32_t>> users) {
  OwnedInteractions interactions;
  for (const auto& items : users) {
    interactions.items.insert(interactions.items.end(), items.begin(), items.end());
    interactions.offsets.push_back(static_cast<std::int64_t>(interactions.items.size()));
  }
  return interactions;
}

TEST(Evaluate, AModelThatScoresAllAlikeFindsNothing) {
  const ScoreTable model(Matrix<float>(1, 30));
  const Parallel parallel(1);
  const auto held_out = Of({{4}});
  const auto candidates =
      Of({{0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20}});
  EXPECT_EQ(EvaluateFull(model, Of({{}}).view(), held_out.view(), kIndices, parallel).At("HR@20"),
            0.0);
  EXPECT_EQ(EvaluateSampled(model, held_out.view(), {}, candidates.view(), kIndices, parallel)
                .At("HR@20"),
            0.0);
}

TEST(Evaluate, FewerItemsThanTheCutoff) {
  const ScoreTable model(Matrix<float>(1, 1));
  const auto held_out = Of({{0}});
  const Metrics full = EvaluateFull(model, Of({{}}).view(), held_out.view(), kIndices, Parallel(1));
  for (const auto& [name, value] : full) EXPECT_EQ(value, 1.0) << name;
  const Metrics sampled =
      EvaluateSampled(model, held_out.view(), {}, Of({{}}).view(), kIndices, Parallel(1));
  for (const auto& [name, value] : sampled) EXPECT_EQ(value, 1.0) << name;
}

TEST(Evaluate, UsersWithoutHeldOutItemsAreSkipped) {
  ScoreTable model(Matrix<float>(3, 30));
  model.At(1, 7) = 1.0f;
  const auto held_out = Of({{}, {7}, {}});
  EXPECT_EQ(EvaluateFull(model, Of({{}, {}, {}}).view(), held_out.view(), kIndices, Parallel(2))
                .At("HR@5"),
            1.0);
}

TEST(EvaluateFull, TrainingItemsAreMasked) {
  ScoreTable model(Matrix<float>(1, 10));
  for (std::size_t item = 0; item < 10; ++item) model.At(0, item) = static_cast<float>(item);
  const auto held_out = Of({{3}});
  EXPECT_EQ(
      EvaluateFull(model, Of({{4, 5, 6, 7, 9}}).view(), held_out.view(), kIndices, Parallel(1))
          .At("MRR@5"),
      0.5);  // only item 8 is before it
}

TEST(Evaluate, ScoresThatAreNotFiniteAreErrorsThatNameUserAndItem) {
  const Ids users({"ann", "bob"}), items({"a", "b", "c"});
  const Names names{users, items};
  const auto held_out = Of({{0}, {0}});
  const auto candidates = Of({{1}, {2}});
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), kInfinity, -kInfinity}) {
    ScoreTable model(Matrix<float>(2, 3));
    model.At(1, 2) = bad;
    const auto named = AllOf(HasSubstr("user 'bob'"), HasSubstr("item 'c'"), HasSubstr("train"));
    EXPECT_THAT(MessageOf([&] {
                  EvaluateFull(model, Of({{}, {}}).view(), held_out.view(), names, Parallel(2));
                }),
                named);
    EXPECT_THAT(MessageOf([&] {
                  EvaluateSampled(model, held_out.view(), {}, candidates.view(), names,
                                  Parallel(2));
                }),
                named);
  }
}

class EvaluateDatasetTest : public testing::Test {
 protected:
  EvaluateDatasetTest()
      : path_(testing::TempDir() + testing::UnitTest::GetInstance()->current_test_info()->name()) {}
  ~EvaluateDatasetTest() override { std::filesystem::remove(path_); }

  // Two users and four items; user 0 holds out item 2 for validation and item 3 for the test.
  Dataset Make(Protocol protocol) {
    DatasetContents contents;
    contents.user_ids = Ids({"ann", "bob"});
    contents.item_ids = Ids({"a", "b", "c", "d"});
    contents.protocol = protocol;
    contents.train = Of({{0}, {0, 1}});
    contents.valid = Of({{2}, {}});
    contents.test = Of({{3}, {}});
    if (protocol == Protocol::kSampled) contents.candidates = Of({{1, 2}, {}});
    WriteDataset(contents, path_);
    return Dataset::Open(path_);
  }

  std::string path_;
};

TEST_F(EvaluateDatasetTest, TheProtocolDecidesWhatIsRanked) {
  ScoreTable model(Matrix<float>(2, 4));
  const std::vector<float> scores = {9, 1, 3, 2};  // item 0 is in training
  for (std::size_t item = 0; item < 4; ++item) model.At(0, item) = scores[item];
  const Parallel parallel(2);
  const Metrics sampled = Evaluate(model, Make(Protocol::kSampled), Split::kTest, parallel);
  EXPECT_EQ(sampled.At("MRR@5"), 1.0);  // item 2, of validation, is no candidate
  const Metrics full = Evaluate(model, Make(Protocol::kFull), Split::kTest, parallel);
  EXPECT_EQ(full.At("MRR@5"), 0.5);  // and here it is before item 3
  EXPECT_EQ(Evaluate(model, Make(Protocol::kFull), Split::kValid, parallel).At("MRR@5"), 1.0);
}

TEST_F(EvaluateDatasetTest, OtherSizesAreAnErrorThatNamesTheDataSet) {
  const ScoreTable model(Matrix<float>(2, 5));
  EXPECT_THAT(MessageOf([&] { Evaluate(model, Make(Protocol::kFull), Split::kTest, Parallel(1)); }),
              AllOf(HasSubstr(path_), HasSubstr("4 items"), HasSubstr("5")));
}

TEST(Split, Names) {
  EXPECT_EQ(ParseSplit("valid"), Split::kValid);
  EXPECT_EQ(ParseSplit("test"), Split::kTest);
  EXPECT_THROW(ParseSplit("train"), UsageError);
}

}  // namespace
}  // namespace derrd
