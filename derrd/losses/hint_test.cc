#include "derrd/losses/hint.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "derrd/losses/de.h"
#include "derrd/losses/test_gradient.h"
#include "derrd/losses/test_rows.h"

namespace derrd {
namespace {

constexpr std::array kHintNames = {"first", "first_bias", "second", "second_bias"};

// Values or gradients of the projector.
template <typename T>
struct HintTensors {
  ProjectorTensors<T> View() { return {first, first_bias, second, second_bias}; }
  ProjectorTensors<const T> ConstView() const { return {first, first_bias, second, second_bias}; }
  std::array<Matrix<T>*, 4> All() { return {&first, &first_bias, &second, &second_bias}; }

  Matrix<T> first, first_bias, second, second_bias;
};

template <typename T>
struct HintProblem {
  HintProblem(std::size_t rows, std::size_t ds, std::size_t h, std::size_t dt)
      : weights{RandomRows<T>(ds, h, 1, 0.5), RandomRows<T>(1, h, 2, 0.5),
                RandomRows<T>(h, dt, 3, 0.5), RandomRows<T>(1, dt, 4, 0.5)},
        gradients{Matrix<T>(ds, h), Matrix<T>(1, h), Matrix<T>(h, dt), Matrix<T>(1, dt)},
        student(RandomRows<T>(rows, ds, 5)),
        teacher(RandomRows<T>(rows, dt, 6)),
        student_gradient(rows, ds) {
    for (std::size_t r = 0; r < rows; ++r) row_weights.push_back(r % 3 == 0 ? T{1} : T{0.5});
  }
  double Compute(const Parallel& parallel = Parallel(1)) {
    return loss.Compute(weights.ConstView(), student, teacher, row_weights, weight,
                        gradients.View(), student_gradient, parallel);
  }
  void ExpectGradients() {
    Compute();
    HintTensors<T> found = gradients;
    const Matrix<T> of_student = student_gradient;
    const auto weighted = [&] { return weight * Compute(); };
    ExpectGradient(student.view().elements(), of_student.view().elements(), weighted, "student");
    for (std::size_t t = 0; t < kHintNames.size(); ++t) {
      ExpectGradient(weights.All()[t]->view().elements(), found.All()[t]->view().elements(),
                     weighted, kHintNames[t]);
    }
  }

  HintTensors<T> weights, gradients;
  Matrix<T> student, teacher, student_gradient;
  std::vector<T> row_weights;
  T weight = 1;
  HintLoss<T> loss;
};

// The formula read off the page, one row after the other.
double HintDirect(const HintProblem<double>& p) {
  double loss = 0.0;
  for (std::size_t r = 0; r < p.student.rows(); ++r) {
    for (std::size_t c = 0; c < p.teacher.cols(); ++c) {
      double output = p.weights.second_bias(0, c);
      for (std::size_t h = 0; h < p.weights.first.cols(); ++h) {
        double hidden = p.weights.first_bias(0, h);
        for (std::size_t s = 0; s < p.student.cols(); ++s) {
          hidden += p.student(r, s) * p.weights.first(s, h);
        }
        output += std::max(hidden, 0.0) * p.weights.second(h, c);
      }
      loss += p.row_weights[r] * std::pow(p.teacher(r, c) - output, 2);
    }
  }
  return loss;
}

const std::vector<std::array<std::size_t, 4>>& HintShapes() {
  static const std::vector<std::array<std::size_t, 4>> shapes = {
      {1, 1, 1, 1}, {4, 3, 2, 5}, {9, 4, 6, 7}, {300, 2, 3, 4}, {5, 40, 41, 3}};
  return shapes;
}

TEST(Hint, IsTheFormulaOfThePaper) {
  for (const auto& [n, ds, h, dt] : HintShapes()) {
    HintProblem<double> p(n, ds, h, dt);
    const double direct = HintDirect(p);
    EXPECT_NEAR(p.Compute(), direct, 1e-10 * std::max(1.0, direct)) << n;
  }
}

TEST(Hint, GradientsAreThoseOfFiniteDifferences) {
  for (const double weight : {1.0, 0.25}) {
    for (const auto& [n, ds, h, dt] : HintShapes()) {
      HintProblem<double> p(n, ds, h, dt);
      p.weight = weight;
      p.ExpectGradients();
    }
  }
}

TEST(Hint, IsDistillationExpertsWithOneExpert) {
  HintProblem<double> p(9, 4, 6, 7);
  const double loss = p.Compute();
  DeLoss<double> de({1, 4, 6, 7});
  const Matrix<double> selection(7, 1), selection_bias(1, 1), gumbel(9, 1);
  HintTensors<double> gradients = p.gradients;
  Matrix<double> selection_gradient(7, 1), selection_bias_gradient(1, 1), student_gradient(9, 4);
  const ExpertTensors<const double> weights{p.weights.first,  p.weights.first_bias,
                                            p.weights.second, p.weights.second_bias,
                                            selection.view(), selection_bias.view()};
  const ExpertTensors<double> of_weights{gradients.first,    gradients.first_bias,
                                         gradients.second,   gradients.second_bias,
                                         selection_gradient, selection_bias_gradient};
  EXPECT_NEAR(de.Compute(weights, p.student, p.teacher, gumbel, p.row_weights, {1.0, 0.0},
                         of_weights, student_gradient, Parallel(1)),
              loss, 1e-10 * loss);
  for (std::size_t t = 0; t < kHintNames.size(); ++t) {
    for (std::size_t i = 0; i < gradients.All()[t]->size(); ++i) {
      EXPECT_NEAR(gradients.All()[t]->data()[i], p.gradients.All()[t]->data()[i], 1e-9);
    }
  }
  for (std::size_t i = 0; i < student_gradient.size(); ++i) {
    EXPECT_NEAR(student_gradient.data()[i], p.student_gradient.data()[i], 1e-9);
  }
}

TEST(Hint, NoRowsGiveZeroGradients) {
  HintProblem<double> p(0, 4, 6, 7);
  for (Matrix<double>* matrix : p.gradients.All()) {
    for (double& g : matrix->view().elements()) g = 1.0;
  }
  EXPECT_EQ(p.Compute(), 0.0);
  for (Matrix<double>* matrix : p.gradients.All()) {
    for (const double g : matrix->view().elements()) EXPECT_EQ(g, 0.0);
  }
}

// No unit is open: the biases of the second layer alone learn.
TEST(Hint, AClosedLayerPassesNothingBack) {
  HintProblem<double> p(9, 4, 6, 7);
  for (double& bias : p.weights.first_bias.view().elements()) bias = -100.0;
  p.Compute();
  for (const Matrix<double>* matrix :
       {&p.gradients.first, &p.gradients.first_bias, &p.gradients.second, &p.student_gradient}) {
    for (const double g : matrix->view().elements()) EXPECT_EQ(g, 0.0);
  }
  for (const double g : p.gradients.second_bias.view().elements()) EXPECT_NE(g, 0.0);
}

TEST(Hint, ExtremeInputsStayFinite) {
  HintProblem<float> p(200, 20, 30, 40);
  for (float& x : p.student.view().elements()) x *= 1e10f;
  EXPECT_TRUE(std::isfinite(p.Compute()));
  for (Matrix<float>* matrix : p.gradients.All()) {
    for (const float g : matrix->view().elements()) ASSERT_TRUE(std::isfinite(g));
  }
}

TEST(Hint, WhatIsNotFiniteIsNotHidden) {
  for (std::size_t t = 0; t < kHintNames.size(); ++t) {
    HintProblem<float> p(9, 4, 6, 7);
    p.weights.All()[t]->view()(0, 0) = std::nanf("");
    EXPECT_FALSE(std::isfinite(p.Compute())) << kHintNames[t];
  }
  HintProblem<float> p(9, 4, 6, 7);
  p.teacher(3, 2) = std::nanf("");
  EXPECT_FALSE(std::isfinite(p.Compute()));
}

TEST(Hint, SameBitsAtAnyNumberOfThreads) {
  HintProblem<float> one(700, 20, 110, 200);
  const double loss = one.Compute(Parallel(1));
  for (const int threads : {2, 3, 8}) {
    HintProblem<float> many(700, 20, 110, 200);
    EXPECT_EQ(many.Compute(Parallel(threads)), loss);
    EXPECT_TRUE(SameBits(many.student_gradient, one.student_gradient));
    for (std::size_t t = 0; t < kHintNames.size(); ++t) {
      EXPECT_TRUE(SameBits(*many.gradients.All()[t], *one.gradients.All()[t])) << kHintNames[t];
    }
  }
}

}  // namespace
}  // namespace derrd
