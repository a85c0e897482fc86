#include "derrd/models/fold_in.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <vector>

#include "derrd/core/random.h"

namespace derrd {
namespace {

Matrix<float> Items(std::size_t items, std::size_t width) {
  Matrix<float> rows(items, width);
  RandomStream stream(1, Role::kTest, items, width);
  for (float& x : rows.view().elements()) x = stream.Normal();
  return rows;
}

double Objective(const Matrix<float>& items, const std::set<std::int32_t>& liked,
                 const std::vector<double>& user) {
  double mean_norm = 0.0, loss = 0.0, norm = 0.0;
  for (std::size_t i = 0; i < items.rows(); ++i) {
    double score = 0.0;
    for (std::size_t c = 0; c < items.cols(); ++c) {
      score += user[c] * static_cast<double>(items(i, c));
      mean_norm +=
          std::pow(static_cast<double>(items(i, c)), 2) / static_cast<double>(items.rows());
    }
    loss += 0.01 * score * score;
    if (liked.contains(static_cast<std::int32_t>(i))) loss += std::pow(1.0 - score, 2);
  }
  for (const double x : user) norm += x * x;
  return loss + 0.1 * mean_norm * norm;
}

TEST(FoldIn, IsTheMinimumOfItsObjective) {
  for (const std::size_t width : {1, 3, 8}) {
    const Matrix<float> items = Items(30, width);
    const std::vector<std::int32_t> liked{3, 17, 3, 8};
    const std::vector<float> found = FoldIn(items).UserWho(liked);
    const std::set<std::int32_t> set(liked.begin(), liked.end());
    std::vector<double> user(found.begin(), found.end());
    const double least = Objective(items, set, user);
    for (double& x : user) {
      for (const double step : {-1e-3, 1e-3}) {
        x += step;
        EXPECT_GT(Objective(items, set, user), least);
        x -= step;
      }
    }
  }
}

TEST(FoldIn, LikedItemsScoreAboveTheRest) {
  const Matrix<float> items = Items(50, 16);
  const std::vector<std::int32_t> liked{4, 9};
  const std::vector<float> user = FoldIn(items).UserWho(liked);
  const auto score = [&](std::size_t i) {
    double sum = 0.0;
    for (std::size_t c = 0; c < 16; ++c)
      sum += static_cast<double>(user[c]) * static_cast<double>(items(i, c));
    return sum;
  };
  for (std::size_t i = 0; i < 50; ++i) {
    if (i != 4 && i != 9) {
      EXPECT_LT(score(i), std::min(score(4), score(9)));
    }
  }
}

TEST(FoldIn, AModelOfZerosHasNoOpinion) {
  const Matrix<float> items(5, 3);
  for (const float x : FoldIn(items).UserWho(std::vector<std::int32_t>{2})) EXPECT_EQ(x, 0.0f);
}

}  // namespace
}  // namespace derrd
