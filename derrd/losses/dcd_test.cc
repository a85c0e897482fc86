#include "derrd/losses/dcd.h"

#include <gtest/gtest.h>

#include <vector>

#include "derrd/core/random.h"

namespace derrd {
namespace {

template <typename T>
std::vector<std::int32_t> Differences(const std::vector<T>& scores) {
  std::vector<std::int32_t> differences(scores.size());
  RankDifferences(std::span<const T>(scores), std::span(differences));
  return differences;
}

TEST(RankDifferences, AreTheStudentsRankLessTheTeachers) {
  EXPECT_EQ(Differences<float>({3, 2, 1}), (std::vector<std::int32_t>{0, 0, 0}));
  EXPECT_EQ(Differences<float>({-80, 0, 80}), (std::vector<std::int32_t>{2, 0, -2}));
  EXPECT_EQ(Differences<double>({0, 5, 1, 4}), (std::vector<std::int32_t>{3, -1, 0, -2}));
  EXPECT_EQ(Differences<float>({7}), std::vector<std::int32_t>{0});
  EXPECT_TRUE(Differences<float>({}).empty());
}

TEST(RankDifferences, EqualScoresKeepTheTeachersOrder) {
  EXPECT_EQ(Differences<float>({1, 1, 1, 2}), (std::vector<std::int32_t>{1, 1, 1, -3}));
}

TEST(RankDifferences, AgreesWithCountingWhoIsAhead) {
  for (const std::size_t n : {2u, 33u, 500u}) {
    std::vector<float> scores(n);
    RandomStream stream(3, Role::kTest, n, 0);
    for (float& score : scores) score = static_cast<float>(stream.Below(100));
    const auto differences = Differences(scores);
    for (std::size_t i = 0; i < n; ++i) {
      std::int32_t ahead = 0;
      for (std::size_t j = 0; j < n; ++j) {
        if (scores[j] > scores[i] || (scores[j] == scores[i] && j < i)) ++ahead;
      }
      EXPECT_EQ(differences[i], ahead - static_cast<std::int32_t>(i));
    }
  }
}

TEST(CorrectionWeight, RisesWithTheDifferenceAndHasAFloor) {
  EXPECT_NEAR(CorrectionWeight(5, 10.0), 0.46211715726, 1e-10);  // tanh(1/2)
  EXPECT_NEAR(CorrectionWeight(500, 10.0), 1.0, 1e-12);
  EXPECT_EQ(CorrectionWeight(0, 10.0), 1e-5);
  EXPECT_EQ(CorrectionWeight(-7, 10.0), 1e-5);
  EXPECT_EQ(CorrectionWeight(1, 1e6), 1e-5);
}

}  // namespace
}  // namespace derrd
