#include "derrd/losses/rce_kd.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <vector>

#include "derrd/core/random.h"
#include "derrd/losses/test_gradient.h"

namespace derrd {
namespace {

using Doubles = std::vector<double>;

struct RceKd {
  Doubles top, top_teacher, drawn, drawn_teacher, top_gradient, drawn_gradient;
  RceKdShape shape{0.3, 3.0, 1.0};
  double weight = 0.7;

  RceKd(Doubles s, Doubles st, Doubles d, Doubles dt)
      : top(std::move(s)),
        top_teacher(std::move(st)),
        drawn(std::move(d)),
        drawn_teacher(std::move(dt)),
        top_gradient(top.size()),
        drawn_gradient(drawn.size()) {}
  double Loss() {
    return RceKdLoss<double>({top, top_teacher}, {drawn, drawn_teacher}, shape, weight,
                             top_gradient, drawn_gradient);
  }
  void ExpectGradients() {
    Loss();
    const Doubles of_top = top_gradient, of_drawn = drawn_gradient;
    const auto weighted = [&] { return weight * Loss(); };
    ExpectGradient(top, of_top, weighted, "top");
    ExpectGradient(drawn, of_drawn, weighted, "drawn");
  }
};

Doubles RceKdDraw(std::size_t n, double scale, std::uint64_t entity) {
  RandomStream stream(5, Role::kTest, n, entity);
  Doubles x(n);
  for (double& value : x) value = scale * stream.Normal();
  return x;
}

// The formula as the header has it, in long double and without any care for overflow.
long double DirectCrossEntropy(const Doubles& student, const Doubles& teacher, double tau) {
  long double student_sum = 0, teacher_sum = 0, loss = 0;
  for (const double f : student) student_sum += std::exp(static_cast<long double>(f) / tau);
  for (const double t : teacher) teacher_sum += std::exp(static_cast<long double>(t) / tau);
  for (std::size_t i = 0; i < student.size(); ++i) {
    const long double p = std::exp(static_cast<long double>(teacher[i]) / tau) / teacher_sum;
    loss -= p * (static_cast<long double>(student[i]) / tau - std::log(student_sum));
  }
  return loss;
}
double RceKdDirect(const RceKd& r) {
  const long double share = std::exp(-static_cast<long double>(r.shape.beta) * r.shape.overlap);
  return static_cast<double>(
      (1 - share) * DirectCrossEntropy(r.top, r.top_teacher, r.shape.temperature) +
      share * DirectCrossEntropy(r.drawn, r.drawn_teacher, r.shape.temperature));
}

void ExpectFormula(RceKd r) {
  EXPECT_NEAR(r.Loss(), RceKdDirect(r), 1e-9 * std::max(1.0, std::abs(RceKdDirect(r))));
}

TEST(RceKd, IsTheFormulaOfThePaper) {
  for (const std::size_t top : {1, 3, 50}) {
    for (const std::size_t drawn : {1, 4, 97}) {
      for (const double scale : {0.0, 1.0, 20.0}) {
        for (const RceKdShape& shape :
             {RceKdShape{0, 3, 1}, RceKdShape{1, 3, 1}, RceKdShape{0.4, 0, 2},
              RceKdShape{0.4, 10, 0.5}, RceKdShape{0.02, 3, 10}}) {
          RceKd r(RceKdDraw(top, scale, 0), RceKdDraw(top, scale, 1), RceKdDraw(drawn, scale, 2),
                  RceKdDraw(drawn, scale, 3));
          r.shape = shape;
          ExpectFormula(r);
        }
      }
    }
  }
}

TEST(RceKd, GradientIsThatOfFiniteDifferences) {
  for (const std::size_t top : {1, 3, 50}) {
    for (const std::size_t drawn : {1, 4, 97}) {
      for (const double temperature : {0.5, 1.0, 10.0}) {
        RceKd r(RceKdDraw(top, 2, 4), RceKdDraw(top, 2, 5), RceKdDraw(drawn, 2, 6),
                RceKdDraw(drawn, 2, 7));
        r.shape.temperature = temperature;
        r.ExpectGradients();
      }
    }
  }
}

TEST(RceKd, ExtremeScoresStayFiniteAndRight) {
  for (RceKd r : {RceKd({80, -80, 0}, {-80, 80, 0}, {80, 80}, {-80, -80}),
                  RceKd({-80, -80}, {80, 80}, {0, 80, -80}, {80, 0, -80})}) {
    ExpectFormula(r);
    r.ExpectGradients();
  }
  const std::vector<float> student{80, -80}, teacher{-80, 80};
  std::vector<float> a(2), b(2);
  const double loss =
      RceKdLoss<float>({student, teacher}, {student, teacher}, {0.5, 3, 1}, 1.0f, a, b);
  EXPECT_NEAR(loss, 160.0, 1e-4);
  EXPECT_NEAR(a[0] + b[0], 1.0, 1e-6);
}

// Differences count, whatever the scores themselves come to once they are divided.
TEST(RceKd, ALowTemperatureDividesDifferences) {
  const std::vector<float> same{1e33f, 1e33f, 1e33f}, close{8.0001f, 8.0f}, drawn{0.0f};
  std::vector<float> a(3), b(1), c(2);
  EXPECT_NEAR(RceKdLoss<float>({same, same}, {drawn, drawn}, {0, 3, 1e-6}, 1.0f, a, b), 0.0, 1e-9);
  for (const float g : a) EXPECT_EQ(g, 0.0f);
  const double difference = static_cast<double>(close[0]) - static_cast<double>(close[1]);
  const std::vector<float> level{8.0f, 8.0f};
  RceKdLoss<float>({close, level}, {drawn, drawn}, {1, 1000, 1e-3}, 1.0f, c, b);
  const double p = 1 / (1 + std::exp(-difference / 1e-3));
  EXPECT_NEAR(c[0] / (1e3 * (p - 0.5)), 1.0, 1e-5);
}

TEST(RceKd, AListOfOneIsCertain) {
  RceKd r({3}, {-1}, {2}, {5});
  EXPECT_EQ(r.Loss(), 0.0);
  EXPECT_EQ(r.top_gradient[0], 0.0);
  EXPECT_EQ(r.drawn_gradient[0], 0.0);
}

TEST(RceKd, AStudentThatAgreesHasNoGradientAndTheTeachersEntropy) {
  RceKd r({1, 2}, {4, 5}, {1, 1, 1}, {-3, -3, -3});
  const double p = 1 / (1 + std::exp(1.0)), entropy = -p * std::log(p) - (1 - p) * std::log(1 - p);
  const double share = std::exp(-0.9);
  EXPECT_NEAR(r.Loss(), (1 - share) * entropy + share * std::log(3.0), 1e-12);
  for (const double g : r.top_gradient) EXPECT_NEAR(g, 0.0, 1e-15);
  for (const double g : r.drawn_gradient) EXPECT_NEAR(g, 0.0, 1e-15);
}

TEST(RceKd, WhatIsNotFiniteIsNotHidden) {
  const double nan = std::nan("");
  EXPECT_FALSE(std::isfinite(RceKd({nan, 1}, {1, 2}, {1}, {1}).Loss()));
  EXPECT_FALSE(std::isfinite(RceKd({1, nan}, {1, 2}, {1}, {1}).Loss()));
  EXPECT_FALSE(std::isfinite(RceKd({1, 1}, {nan, 2}, {1}, {1}).Loss()));
  EXPECT_FALSE(std::isfinite(RceKd({1, 1}, {1, 2}, {1, nan}, {1, 0}).Loss()));
}

TEST(RceKdLogWeights, CountTheTeachersItemsAtAPositionOrBelow) {
  const std::vector<std::int32_t> pool{9, 4, 7, 1, 3}, teacher_top{2, 7, 3, 8};
  std::vector<float> log_weights(5);
  RceKdLogWeights(pool, teacher_top, 10.0, log_weights);
  EXPECT_EQ(log_weights, (std::vector<float>{0.3f, 0.3f, 0.3f, 0.2f, 0.2f}));
  RceKdLogWeights(pool, {}, 0.5, log_weights);
  EXPECT_EQ(log_weights, std::vector<float>(5, 2.0f));
}

TEST(RceKdLogWeights, MoreThanFiftyCountNoMore) {
  std::vector<std::int32_t> pool(60);
  std::iota(pool.begin(), pool.end(), 0);
  std::vector<float> log_weights(60);
  RceKdLogWeights(pool, pool, 1.0, log_weights);
  EXPECT_EQ(log_weights[0], 51.0f);
  EXPECT_EQ(log_weights[10], 51.0f);
  EXPECT_EQ(log_weights[11], 50.0f);
  EXPECT_EQ(log_weights[59], 2.0f);
}

}  // namespace
}  // namespace derrd
