#include "derrd/models/truncated_svd.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

#include "derrd/core/error.h"
#include "derrd/core/random.h"

namespace derrd {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

Matrix<float> RandomTable(std::size_t rows, std::size_t cols, std::uint64_t seed) {
  Matrix<float> table(rows, cols);
  RandomStream stream(seed, Role::kTest, 0, 0);
  for (float& x : table.view().elements()) x = stream.Normal();
  return table;
}

// Every score, in double.
Matrix<double> ScoresOf(MatrixView<const float> user, MatrixView<const float> item) {
  Matrix<double> scores(user.rows(), item.rows());
  for (std::size_t u = 0; u < user.rows(); ++u) {
    for (std::size_t i = 0; i < item.rows(); ++i) {
      scores(u, i) = std::inner_product(user.row(u), user.row(u) + user.cols(), item.row(i), 0.0);
    }
  }
  return scores;
}

double SquaredDistance(const Matrix<double>& a, const Matrix<double>& b) {
  return std::inner_product(a.data(), a.data() + a.size(), b.data(), 0.0, std::plus<>(),
                            [](double x, double y) { return (x - y) * (x - y); });
}

double Dot(const Matrix<double>& matrix, std::size_t a, std::size_t b) {
  double sum = 0;
  for (std::size_t r = 0; r < matrix.rows(); ++r) sum += matrix(r, a) * matrix(r, b);
  return sum;
}

// The singular values, falling, by one-sided Jacobi rotations of the formed matrix: slow and
// independent of what is tested.
std::vector<double> SingularValues(Matrix<double> matrix) {
  for (int sweep = 0; sweep < 40; ++sweep) {
    for (std::size_t p = 0; p < matrix.cols(); ++p) {
      for (std::size_t q = p + 1; q < matrix.cols(); ++q) {
        const double angle =
            0.5 * std::atan2(2 * Dot(matrix, p, q), Dot(matrix, p, p) - Dot(matrix, q, q));
        const double cosine = std::cos(angle), sine = std::sin(angle);
        for (std::size_t r = 0; r < matrix.rows(); ++r) {
          const double x = matrix(r, p), y = matrix(r, q);
          matrix(r, p) = cosine * x + sine * y;
          matrix(r, q) = cosine * y - sine * x;
        }
      }
    }
  }
  std::vector<double> values;
  for (std::size_t c = 0; c < matrix.cols(); ++c) values.push_back(std::sqrt(Dot(matrix, c, c)));
  std::ranges::sort(values, std::greater<>());
  return values;
}

double ColumnDot(const Matrix<float>& table, std::size_t a, std::size_t b) {
  double sum = 0;
  for (std::size_t r = 0; r < table.rows(); ++r) sum += double{table(r, a)} * table(r, b);
  return sum;
}

struct Shape {
  std::size_t users, items, width;
};
void PrintTo(const Shape& shape, std::ostream* out) {
  *out << shape.users << " users, " << shape.items << " items, width " << shape.width;
}

class TruncateFactorsTest : public testing::TestWithParam<Shape> {
 protected:
  const Matrix<float> user_ = RandomTable(GetParam().users, GetParam().width, 1);
  const Matrix<float> item_ = RandomTable(GetParam().items, GetParam().width, 2);
  const Matrix<double> scores_ = ScoresOf(user_, item_);
  const std::vector<double> singular_values_ = SingularValues(scores_);
  const double squares_ = std::inner_product(singular_values_.begin(), singular_values_.end(),
                                             singular_values_.begin(), 0.0);
};
// Tall, wide, fewer entities than columns on either side, single rows and columns.
INSTANTIATE_TEST_SUITE_P(Shapes, TruncateFactorsTest,
                         testing::Values(Shape{40, 30, 8}, Shape{25, 61, 13}, Shape{5, 30, 8},
                                         Shape{30, 3, 7}, Shape{4, 6, 9}, Shape{1, 20, 5},
                                         Shape{20, 1, 5}, Shape{1, 1, 1}, Shape{1, 1, 6},
                                         Shape{17, 19, 1}));

TEST_P(TruncateFactorsTest, LosesJustTheTailOfTheSingularValues) {
  for (std::size_t width = 1; width <= GetParam().width + 2; ++width) {
    const Factors factors = TruncateFactors(user_, item_, width);
    ASSERT_EQ(factors.user.rows(), GetParam().users);
    ASSERT_EQ(factors.item.rows(), GetParam().items);
    ASSERT_EQ(factors.user.cols(), width);
    ASSERT_EQ(factors.item.cols(), width);
    double tail = 0;
    for (std::size_t k = width; k < singular_values_.size(); ++k) {
      tail += singular_values_[k] * singular_values_[k];
    }
    EXPECT_NEAR(SquaredDistance(ScoresOf(factors.user, factors.item), scores_), tail,
                1e-5 * tail + 1e-11 * squares_)
        << "width " << width;
  }
}

TEST_P(TruncateFactorsTest, SplitsTheSingularValuesEvenlyBetweenOrthogonalColumns) {
  const std::size_t width = GetParam().width + 1;
  const Factors factors = TruncateFactors(user_, item_, width);
  for (std::size_t a = 0; a < width; ++a) {
    for (std::size_t b = 0; b <= a; ++b) {
      const double expected = a == b && a < singular_values_.size() ? singular_values_[a] : 0;
      EXPECT_NEAR(ColumnDot(factors.user, a, b), expected, 1e-5 * singular_values_[0]);
      EXPECT_NEAR(ColumnDot(factors.item, a, b), expected, 1e-5 * singular_values_[0]);
    }
  }
}

TEST_P(TruncateFactorsTest, TheLargestEntryOfAnItemColumnIsPositive) {
  const Factors factors = TruncateFactors(user_, item_, GetParam().width);
  for (std::size_t c = 0; c < factors.item.cols(); ++c) {
    float lowest = 0, highest = 0;
    for (std::size_t r = 0; r < factors.item.rows(); ++r) {
      lowest = std::min(lowest, factors.item(r, c));
      highest = std::max(highest, factors.item(r, c));
    }
    EXPECT_GE(highest, -lowest);
  }
}

TEST_P(TruncateFactorsTest, GivesTheSameBitsAgain) {
  const Factors first = TruncateFactors(user_, item_, GetParam().width);
  const Factors second = TruncateFactors(user_, item_, GetParam().width);
  EXPECT_TRUE(std::ranges::equal(first.user.view().elements(), second.user.view().elements()));
  EXPECT_TRUE(std::ranges::equal(first.item.view().elements(), second.item.view().elements()));
}

TEST(TruncateFactorsEdgeTest, ColumnsBeyondTheRankAreZero) {
  // Four columns of which two repeat the others: scores of rank two.
  Matrix<float> user(9, 4);
  const Matrix<float> base = RandomTable(9, 2, 3);
  for (std::size_t r = 0; r < 9; ++r) {
    for (std::size_t c = 0; c < 4; ++c) user(r, c) = base(r, c % 2);
  }
  const Matrix<float> item = RandomTable(11, 4, 4);
  const Factors factors = TruncateFactors(user, item, 6);
  const auto scores = ScoresOf(user, item);
  EXPECT_LT(SquaredDistance(ScoresOf(factors.user, factors.item), scores), 1e-9);
  for (std::size_t c = 0; c < 6; ++c) {
    EXPECT_EQ(ColumnDot(factors.user, c, c) > 0, c < 2) << c;
    EXPECT_EQ(ColumnDot(factors.item, c, c) > 0, c < 2) << c;
  }
}

TEST(TruncateFactorsEdgeTest, ScoresOfZeroStayZero) {
  const Factors factors = TruncateFactors(Matrix<float>(5, 3), RandomTable(4, 3, 5), 2);
  for (const float x : factors.user.view().elements()) EXPECT_EQ(x, 0.0f);
  for (const float x : factors.item.view().elements()) EXPECT_EQ(x, 0.0f);
}

TEST(TruncateFactorsEdgeTest, EmptyTablesStayEmpty) {
  const auto shape_of = [](std::size_t users, std::size_t items, std::size_t cols) {
    const Factors factors =
        TruncateFactors(Matrix<float>(users, cols), Matrix<float>(items, cols), 3);
    EXPECT_EQ(factors.user.cols(), 3u);
    EXPECT_EQ(factors.item.cols(), 3u);
    return std::pair(factors.user.rows(), factors.item.rows());
  };
  EXPECT_EQ(shape_of(0, 4, 5), std::pair(std::size_t{0}, std::size_t{4}));
  EXPECT_EQ(shape_of(4, 0, 5), std::pair(std::size_t{4}, std::size_t{0}));
  EXPECT_EQ(shape_of(0, 0, 5), std::pair(std::size_t{0}, std::size_t{0}));
  EXPECT_EQ(shape_of(2, 3, 0), std::pair(std::size_t{2}, std::size_t{3}));
}

TEST(TruncateFactorsEdgeTest, ExtremeMagnitudesSurvive) {
  Matrix<float> user = RandomTable(12, 4, 6), item = RandomTable(10, 4, 7);
  for (float& x : user.view().elements()) x *= 1e30f;
  for (float& x : item.view().elements()) x *= 1e-30f;
  const auto scores = ScoresOf(user, item);
  const Factors factors = TruncateFactors(user, item, 4);
  EXPECT_LT(SquaredDistance(ScoresOf(factors.user, factors.item), scores), 1e-9);
}

TEST(TruncateFactorsEdgeTest, RefusesWhatHasNoAnswer) {
  const Matrix<float> table = RandomTable(4, 3, 8);
  EXPECT_THROW(TruncateFactors(table, table, 0), UsageError);
  EXPECT_THAT([&] { TruncateFactors(table, RandomTable(4, 2, 9), 2); },
              ThrowsMessage<Error>(HasSubstr("3 columns and the item table 2")));
  for (const float value :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    Matrix<float> damaged = table;
    damaged(2, 1) = value;
    EXPECT_THAT([&] { TruncateFactors(damaged, table, 2); },
                ThrowsMessage<Error>(HasSubstr("user table holds")));
    EXPECT_THAT([&] { TruncateFactors(table, damaged, 2); },
                ThrowsMessage<Error>(HasSubstr("in row 2")));
  }
}

}  // namespace
}  // namespace derrd
