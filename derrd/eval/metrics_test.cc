#include "derrd/eval/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "derrd/core/error.h"
#include "derrd/core/random.h"
#include "derrd/core/test_errors.h"

namespace derrd {
namespace {

Metrics OfOneUser(std::vector<std::size_t> ranks) {
  MetricSums sums;
  sums.AddUser(ranks);
  return sums.Means(/*with_recall=*/true);
}

TEST(Metrics, OneRelevantItemByHand) {
  const Metrics metrics = OfOneUser({7});
  EXPECT_EQ(metrics.At("HR@5"), 0.0);
  EXPECT_EQ(metrics.At("HR@10"), 1.0);
  EXPECT_EQ(metrics.At("NDCG@5"), 0.0);
  EXPECT_DOUBLE_EQ(metrics.At("NDCG@10"), 1.0 / 3.0);  // 1 / log2(8)
  EXPECT_EQ(metrics.At("MRR@5"), 0.0);
  EXPECT_DOUBLE_EQ(metrics.At("MRR@20"), 1.0 / 7.0);
  EXPECT_EQ(metrics.At("Recall@5"), 0.0);
  EXPECT_EQ(metrics.At("Recall@10"), 1.0);
}

TEST(Metrics, CutoffIsInclusive) {
  EXPECT_EQ(OfOneUser({5}).At("HR@5"), 1.0);
  EXPECT_EQ(OfOneUser({6}).At("HR@5"), 0.0);
}

TEST(Metrics, PerfectRankingsAreExactlyOneAtAnyNumberOfRelevantItems) {
  for (std::size_t relevant = 1; relevant < 40; ++relevant) {
    std::vector<std::size_t> ranks(relevant);
    for (std::size_t i = 0; i < relevant; ++i) ranks[i] = relevant - i;
    const Metrics metrics = OfOneUser(ranks);
    for (const std::size_t cutoff : kCutoffs) {
      EXPECT_EQ(metrics.At(fmt::format("NDCG@{}", cutoff)), 1.0) << relevant;
      EXPECT_EQ(metrics.At(fmt::format("MRR@{}", cutoff)), 1.0);
      EXPECT_DOUBLE_EQ(metrics.At(fmt::format("Recall@{}", cutoff)),
                       static_cast<double>(std::min(cutoff, relevant)) / relevant);
    }
  }
}

// NDCG and Recall, word for word as defined, from a list of zeros and ones.
TEST(Metrics, AgreeWithTheirDefinitionsOnRandomRanks) {
  RandomStream random(3, Role::kTest, 0, 0);
  for (int trial = 0; trial < 200; ++trial) {
    std::vector<int> relevant(30);
    std::vector<std::size_t> ranks;
    for (std::size_t i = 0; i < relevant.size(); ++i) {
      relevant[i] = random.Below(5) == 0 ? 1 : 0;
      if (relevant[i] != 0) ranks.push_back(i + 1);
    }
    if (ranks.empty()) continue;
    const Metrics metrics = OfOneUser({ranks.rbegin(), ranks.rend()});
    for (const std::size_t cutoff : kCutoffs) {
      double dcg = 0, ideal = 0, hits = 0, reciprocal = 0;
      for (std::size_t i = 0; i < cutoff; ++i) {
        dcg += relevant[i] / std::log2(i + 2.0);
        hits += relevant[i];
        if (relevant[i] != 0 && reciprocal == 0) reciprocal = 1.0 / (i + 1.0);
        if (i < ranks.size()) ideal += 1.0 / std::log2(i + 2.0);
      }
      EXPECT_NEAR(metrics.At(fmt::format("NDCG@{}", cutoff)), dcg / ideal, 1e-15);
      EXPECT_NEAR(metrics.At(fmt::format("Recall@{}", cutoff)), hits / ranks.size(), 1e-15);
      EXPECT_NEAR(metrics.At(fmt::format("MRR@{}", cutoff)), reciprocal, 1e-15);
      EXPECT_EQ(metrics.At(fmt::format("HR@{}", cutoff)), hits > 0 ? 1.0 : 0.0);
    }
  }
}

TEST(Metrics, MeansAreInOrderAndOverUsers) {
  MetricSums sums;
  std::vector<std::size_t> first = {1}, second = {100};
  sums.AddUser(first);
  sums.AddUser(second);
  const Metrics metrics = sums.Means(/*with_recall=*/false);
  std::vector<std::string> names;
  for (const auto& [name, value] : metrics) {
    names.push_back(name);
    EXPECT_EQ(value, 0.5);
  }
  EXPECT_THAT(names, testing::ElementsAre("HR@5", "HR@10", "HR@20", "NDCG@5", "NDCG@10", "NDCG@20",
                                          "MRR@5", "MRR@10", "MRR@20"));
  EXPECT_EQ(ToJson(metrics).begin().key(), "HR@5");
}

TEST(Metrics, NobodyToMeasureIsZeroAndNotNan) {
  EXPECT_EQ(MetricSums().Means(true).At("NDCG@10"), 0.0);
}

TEST(Metrics, UnknownNameListsTheKnown) {
  EXPECT_THAT(MessageOf([&] { OfOneUser({1}).At("HR@7"); }),
              testing::AllOf(testing::HasSubstr("HR@7"), testing::HasSubstr("HR@5"),
                             testing::HasSubstr("Recall@20")));
}

TEST(Metrics, ShareOfTheTeacherLeavesOutWhatHasNone) {
  Metrics student, teacher;
  student.Add("HR@5", 0.45);
  student.Add("MRR@5", 0.1);
  student.Add("Recall@5", 0.1);
  teacher.Add("HR@5", 0.5);
  teacher.Add("MRR@5", 0.0);
  const Metrics share = ShareOf(student, teacher);
  EXPECT_EQ(share.size(), 1u);
  EXPECT_DOUBLE_EQ(share.At("HR@5"), 0.9);
}

TEST(MetricSums, TreeSumIsTheSumOfAllSlices) {
  std::vector<MetricSums> slices(7);
  for (MetricSums& slice : slices) {
    std::vector<std::size_t> ranks = {1, 9};
    slice.AddUser(ranks);
  }
  EXPECT_EQ(TreeSum(slices).users, 7.0);
  EXPECT_EQ(TreeSum(slices).Means(true), slices[0].Means(true));
  EXPECT_EQ(TreeSum(std::span<const MetricSums>()).users, 0.0);
}

}  // namespace
}  // namespace derrd
