#include "derrd/losses/htd.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "derrd/losses/test_cosine.h"
#include "derrd/losses/test_gradient.h"
#include "derrd/losses/test_rows.h"

namespace derrd {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

template <typename T>
struct HtdProblem {
  HtdProblem(std::size_t rows, std::size_t student_width, std::size_t teacher_width,
             std::uint32_t groups)
      : student(RandomRows<T>(rows, student_width, 1)),
        teacher(RandomRows<T>(rows, teacher_width, 2)),
        gradient(rows, student_width) {
    RandomStream stream(7, Role::kTest, rows, groups);
    for (std::size_t n = 0; n < rows; ++n) group_of.push_back(stream.Below(groups));
    SetGroups(groups);
  }
  void SetGroups(std::uint32_t groups) {
    grouping = GroupRows(group_of, groups);
    Prototypes<T>(student, grouping, student_prototypes);
    Prototypes<T>(teacher, grouping, teacher_prototypes);
  }
  double Compute(const Parallel& parallel = Parallel(1)) {
    return loss.Compute(student, teacher, grouping, student_prototypes, teacher_prototypes, weight,
                        gradient, parallel);
  }
  // The prototypes are held as they are.
  void ExpectGradients() {
    Compute();
    const Matrix<T> of_student = gradient;
    const auto weighted = [&] { return weight * Compute(); };
    ExpectGradient(student.view().elements(), of_student.view().elements(), weighted, "student");
  }

  Matrix<T> student, teacher, gradient, student_prototypes, teacher_prototypes;
  std::vector<std::uint32_t> group_of;
  Grouping grouping;
  T weight = 1;
  HtdLoss<T> loss;
};

// The formula read off the page, with means taken group by group.
double HtdDirect(const HtdProblem<double>& p, std::uint32_t groups) {
  double loss = 0.0;
  const std::size_t n = p.student.rows();
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      const double t = Cosine(p.teacher, i, p.teacher, j);
      if (p.group_of[i] != p.group_of[j] || t <= 0) continue;
      loss += std::pow(t - Cosine(p.student, i, p.student, j), 2);
    }
  }
  for (std::uint32_t g = 0; g < groups; ++g) {
    Matrix<double> s(1, p.student.cols()), t(1, p.teacher.cols());
    double members = 0.0;
    for (std::size_t i = 0; i < n; ++i) {
      if (p.group_of[i] != g) continue;
      ++members;
      for (std::size_t c = 0; c < s.cols(); ++c) s(0, c) += p.student(i, c);
      for (std::size_t c = 0; c < t.cols(); ++c) t(0, c) += p.teacher(i, c);
    }
    if (members == 0.0) continue;
    for (std::size_t i = 0; i < n; ++i) {
      loss += std::pow(Cosine(t, 0, p.teacher, i) - Cosine(s, 0, p.student, i), 2);
    }
  }
  return loss;
}

struct Shape {
  std::size_t rows, student_width, teacher_width;
  std::uint32_t groups;
};

const std::vector<Shape>& HtdShapes() {
  static const std::vector<Shape> shapes = {
      {1, 1, 1, 1}, {1, 3, 2, 60}, {7, 4, 9, 3}, {40, 3, 5, 60}, {300, 2, 3, 2}};
  return shapes;
}

TEST(Htd, IsTheFormulaOfThePaper) {
  for (const auto& [n, ds, dt, groups] : HtdShapes()) {
    HtdProblem<double> p(n, ds, dt, groups);
    const double direct = HtdDirect(p, groups);
    EXPECT_NEAR(p.Compute(), direct, 1e-10 * std::max(1.0, direct)) << n;
  }
}

TEST(Htd, GradientsAreThoseOfFiniteDifferences) {
  for (const double weight : {1.0, 0.25}) {
    for (const auto& [n, ds, dt, groups] : HtdShapes()) {
      HtdProblem<double> p(n, ds, dt, groups);
      p.weight = weight;
      p.ExpectGradients();
    }
  }
}

TEST(Htd, NoRowsHaveNoLoss) {
  HtdProblem<double> p(0, 4, 9, 3);
  EXPECT_EQ(p.grouping.groups(), 0u);
  EXPECT_EQ(p.Compute(), 0.0);
}

TEST(Htd, RowsOfLengthZeroAreSimilarToNothing) {
  HtdProblem<double> p(12, 4, 9, 2);
  std::fill_n(p.student.row(2), 4, 0.0);
  std::fill_n(p.teacher.row(3), 9, 0.0);
  p.SetGroups(2);
  EXPECT_NEAR(p.Compute(), HtdDirect(p, 2), 1e-12);
  for (const double g : p.gradient.view().elements()) EXPECT_TRUE(std::isfinite(g));
  for (std::size_t c = 0; c < 4; ++c) EXPECT_EQ(p.gradient(2, c), 0.0);
}

// Two opposite rows in one group: their mean has no direction.
TEST(Htd, APrototypeOfLengthZeroIsSimilarToNothing) {
  HtdProblem<double> p(2, 3, 3, 1);
  for (std::size_t c = 0; c < 3; ++c) {
    p.student(1, c) = -p.student(0, c);
    p.teacher(1, c) = -p.teacher(0, c);
  }
  p.SetGroups(1);
  EXPECT_NEAR(p.Compute(), 0.0, 1e-20);
  for (const double g : p.gradient.view().elements()) EXPECT_NEAR(g, 0.0, 1e-12);
}

TEST(Htd, ExtremeInputsStayFinite) {
  for (const float scale : {1e-30f, 1e-11f, 1e18f}) {
    HtdProblem<float> p(200, 20, 40, 5);
    for (float& x : p.student.view().elements()) x *= scale;
    for (float& x : p.teacher.view().elements()) x *= 1e18f;
    p.SetGroups(5);
    EXPECT_TRUE(std::isfinite(p.Compute())) << scale;
    for (const float g : p.gradient.view().elements()) ASSERT_TRUE(std::isfinite(g)) << scale;
  }
}

TEST(Htd, WhatIsNotFiniteIsNotHidden) {
  HtdProblem<float> p(9, 4, 6, 2);
  p.student(3, 2) = std::nanf("");
  EXPECT_FALSE(std::isfinite(p.Compute()));
  HtdProblem<float> q(9, 4, 6, 2);
  q.teacher(3, 2) = std::nanf("");
  EXPECT_FALSE(std::isfinite(q.Compute()));
}

TEST(Htd, SameBitsAtAnyNumberOfThreads) {
  HtdProblem<float> one(900, 20, 40, 4);
  const double loss = one.Compute(Parallel(1));
  for (const int threads : {2, 3, 8}) {
    HtdProblem<float> many(900, 20, 40, 4);
    EXPECT_EQ(many.Compute(Parallel(threads)), loss);
    EXPECT_TRUE(SameBits(many.gradient, one.gradient));
  }
}

TEST(GroupRows, ListsRowsByGroupWithoutEmptyGroups) {
  const std::vector<std::uint32_t> group_of = {3, 1, 3, 1, 4};
  const Grouping grouping = GroupRows(group_of, 6);
  EXPECT_THAT(grouping.begin, ElementsAre(0, 2, 4, 5));
  EXPECT_THAT(grouping.rows, ElementsAre(1, 3, 0, 2, 4));
  EXPECT_THAT(GroupRows({}, 6).rows, IsEmpty());
}

TEST(AssignGroups, TakesTheLargestLogitAndTheFirstOfEquals) {
  Matrix<double> teacher = RandomRows<double>(300, 4, 3);
  std::fill_n(teacher.row(5), 4, 0.0);  // the bias decides
  const Matrix<double> selection = RandomRows<double>(4, 7, 4);
  const std::vector<double> bias = {0.1, 0.3, 0.2, 0.3, -0.1, 0.0, 0.1};
  std::vector<std::uint32_t> group_of(300);
  AssignGroups<double>(teacher, selection, bias, 20, group_of, Parallel(2));
  EXPECT_EQ(group_of[5], 21u);
  std::vector<std::size_t> seen(7, 0);
  for (std::size_t n = 0; n < 300; ++n) {
    const auto logit = [&](std::size_t m) {
      double sum = bias[m];
      for (std::size_t c = 0; c < 4; ++c) sum += teacher(n, c) * selection(c, m);
      return sum;
    };
    for (std::size_t m = 0; m < 7; ++m) EXPECT_GE(logit(group_of[n] - 20), logit(m) - 1e-12);
    ++seen[group_of[n] - 20];
  }
  EXPECT_GT(std::ranges::count_if(seen, [](std::size_t rows) { return rows > 0; }), 2);
}

}  // namespace
}  // namespace derrd
