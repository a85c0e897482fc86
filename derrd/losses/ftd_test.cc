#include "derrd/losses/ftd.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "derrd/losses/test_cosine.h"
#include "derrd/losses/test_gradient.h"
#include "derrd/losses/test_rows.h"

namespace derrd {
namespace {

template <typename T>
struct FtdProblem {
  FtdProblem(std::size_t rows, std::size_t student_width, std::size_t teacher_width)
      : student(RandomRows<T>(rows, student_width, 1)),
        teacher(RandomRows<T>(rows, teacher_width, 2)),
        gradient(rows, student_width) {}
  double Compute(const Parallel& parallel = Parallel(1)) {
    return loss.Compute(student, teacher, weight, gradient, parallel);
  }
  void ExpectGradients() {
    Compute();
    const Matrix<T> of_student = gradient;
    const auto weighted = [&] { return weight * Compute(); };
    ExpectGradient(student.view().elements(), of_student.view().elements(), weighted, "student");
  }

  Matrix<T> student, teacher, gradient;
  T weight = 1;
  FtdLoss<T> loss;
};

// The formula read off the page.
double FtdDirect(const FtdProblem<double>& p) {
  double loss = 0.0;
  for (std::size_t i = 0; i < p.student.rows(); ++i) {
    for (std::size_t j = 0; j < p.student.rows(); ++j) {
      loss += std::pow(Cosine(p.teacher, i, p.teacher, j) - Cosine(p.student, i, p.student, j), 2);
    }
  }
  return loss;
}

// More rows than a task or a tile takes, too.
TEST(Ftd, IsTheFormulaOfThePaper) {
  for (const auto& [n, ds, dt] : std::vector<std::array<std::size_t, 3>>{
           {1, 1, 1}, {2, 1, 3}, {7, 4, 9}, {150, 3, 5}, {700, 2, 3}}) {
    FtdProblem<double> p(n, ds, dt);
    const double direct = FtdDirect(p);
    EXPECT_NEAR(p.Compute(), direct, 1e-10 * std::max(1.0, direct)) << n;
  }
}

TEST(Ftd, GradientsAreThoseOfFiniteDifferences) {
  for (const double weight : {1.0, 0.25}) {
    for (const auto& [n, ds, dt] :
         std::vector<std::array<std::size_t, 3>>{{1, 1, 1}, {2, 1, 3}, {7, 4, 9}, {133, 2, 3}}) {
      FtdProblem<double> p(n, ds, dt);
      p.weight = weight;
      p.ExpectGradients();
    }
  }
}

TEST(Ftd, AStudentLikeItsTeacherHasNoLoss) {
  FtdProblem<double> p(9, 4, 4);
  p.student = p.teacher;
  for (double& x : p.student.view().elements()) x *= 3;  // length does not matter
  EXPECT_NEAR(p.Compute(), 0.0, 1e-20);
  for (const double g : p.gradient.view().elements()) EXPECT_NEAR(g, 0.0, 1e-12);
}

TEST(Ftd, NoRowsHaveNoLoss) {
  FtdProblem<double> p(0, 4, 9);
  EXPECT_EQ(p.Compute(), 0.0);
}

TEST(Ftd, RowsOfLengthZeroAreSimilarToNothing) {
  FtdProblem<double> p(6, 4, 9);
  std::fill_n(p.student.row(2), 4, 0.0);
  std::fill_n(p.teacher.row(3), 9, 0.0);
  EXPECT_NEAR(p.Compute(), FtdDirect(p), 1e-12);
  for (const double g : p.gradient.view().elements()) EXPECT_TRUE(std::isfinite(g));
  for (std::size_t c = 0; c < 4; ++c) {
    EXPECT_EQ(p.gradient(2, c), 0.0);
    EXPECT_NE(p.gradient(3, c), 0.0);  // it should be similar to nothing
  }
}

TEST(Ftd, ExtremeInputsStayFinite) {
  for (const float scale : {1e-30f, 1e-11f, 1e18f}) {
    FtdProblem<float> p(200, 20, 40);
    for (float& x : p.student.view().elements()) x *= scale;
    for (float& x : p.teacher.view().elements()) x *= 1e18f;
    EXPECT_TRUE(std::isfinite(p.Compute())) << scale;
    for (const float g : p.gradient.view().elements()) ASSERT_TRUE(std::isfinite(g)) << scale;
  }
}

TEST(Ftd, WhatIsNotFiniteIsNotHidden) {
  FtdProblem<float> p(9, 4, 6);
  p.student(3, 2) = std::nanf("");
  EXPECT_FALSE(std::isfinite(p.Compute()));
  FtdProblem<float> q(9, 4, 6);
  q.teacher(3, 2) = std::nanf("");
  EXPECT_FALSE(std::isfinite(q.Compute()));
}

TEST(Ftd, SameBitsAtAnyNumberOfThreads) {
  FtdProblem<float> one(700, 20, 40);
  const double loss = one.Compute(Parallel(1));
  for (const int threads : {2, 3, 8}) {
    FtdProblem<float> many(700, 20, 40);
    EXPECT_EQ(many.Compute(Parallel(threads)), loss);
    EXPECT_TRUE(SameBits(many.gradient, one.gradient));
  }
}

}  // namespace
}  // namespace derrd
