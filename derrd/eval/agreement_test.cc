#include "derrd/eval/agreement.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <vector>

#include "derrd/core/error.h"
#include "derrd/eval/test_score_table.h"

namespace derrd {
namespace {

// By sorting everything.
std::set<std::int32_t> Top(const ScoreTable& model, const Interactions& train, std::size_t user,
                           std::size_t k) {
  std::vector<std::int32_t> left;
  for (std::int32_t item = 0; item < static_cast<std::int32_t>(model.items()); ++item) {
    if (!std::ranges::binary_search(train.Of(user), item)) left.push_back(item);
  }
  std::ranges::stable_sort(left, std::greater(), [&](std::int32_t item) {
    return model.At(user, static_cast<std::size_t>(item));
  });
  left.resize(std::min(k, left.size()));
  return {left.begin(), left.end()};
}

double Reference(const ScoreTable& a, const ScoreTable& b, const Interactions& train,
                 std::size_t k) {
  double sum = 0;
  for (std::size_t user = 0; user < a.users(); ++user) {
    const auto top_a = Top(a, train, user, k), top_b = Top(b, train, user, k);
    std::vector<std::int32_t> both;
    std::ranges::set_intersection(top_a, top_b, std::back_inserter(both));
    sum += static_cast<double>(both.size()) / static_cast<double>(top_a.size());
  }
  return sum / static_cast<double>(a.users());
}

TEST(TopKOverlap, AgreesWithSortingEverythingAtAnyNumberOfThreads) {
  const auto a = ScoreTable::WithTies(67, 131, 1), b = ScoreTable::WithTies(67, 131, 2);
  const auto train = RandomInteractions(67, 131, 9, 3);
  const Metrics one = TopKOverlap(a, b, train.view(), kIndices, Parallel(1));
  EXPECT_NEAR(one.At("overlap@10"), Reference(a, b, train.view(), 10), 1e-12);
  EXPECT_NEAR(one.At("overlap@50"), Reference(a, b, train.view(), 50), 1e-12);
  EXPECT_EQ(one, TopKOverlap(a, b, train.view(), kIndices, Parallel(8)));
  EXPECT_EQ(one, TopKOverlap(b, a, train.view(), kIndices, Parallel(2)));
}

TEST(TopKOverlap, OfAModelWithItselfIsWhole) {
  const auto model = ScoreTable::WithTies(5, 7, 1);  // fewer items than either depth
  const auto train = RandomInteractions(5, 7, 3, 3);
  const Metrics overlap = TopKOverlap(model, model, train.view(), kIndices, Parallel(1));
  EXPECT_EQ(overlap.At("overlap@10"), 1.0);
  EXPECT_EQ(overlap.At("overlap@50"), 1.0);
}

TEST(TopKOverlap, SomeUsersStandForVeryMany) {
  const auto a = ScoreTable::WithTies(10001, 3, 1), b = ScoreTable::WithTies(10001, 3, 2);
  const OwnedInteractions none{std::vector<std::int64_t>(10002), {}};
  EXPECT_EQ(TopKOverlap(a, b, none.view(), kIndices, Parallel(2)).At("overlap@10"), 1.0);
}

TEST(TopKOverlap, NobodyToRecommendToIsAnError) {
  const auto model = ScoreTable::WithTies(1, 2, 1);
  const OwnedInteractions all{{0, 2}, {0, 1}};
  EXPECT_THROW(TopKOverlap(model, model, all.view(), kIndices, Parallel(1)), Error);
}

}  // namespace
}  // namespace derrd
