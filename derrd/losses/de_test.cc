#include "derrd/losses/de.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "derrd/core/random.h"
#include "derrd/core/safetensors.h"
#include "derrd/losses/test_gradient.h"

namespace derrd {
namespace {

constexpr std::array kDeNames = {"first",       "first_bias", "second",
                                 "second_bias", "selection",  "selection_bias"};

// Values or gradients of everything learned.
template <typename T>
struct DeTensors {
  explicit DeTensors(const ExpertShape& s)
      : matrices{Matrix<T>(s.experts * s.student_width, s.hidden_width),
                 Matrix<T>(s.experts, s.hidden_width),
                 Matrix<T>(s.experts * s.hidden_width, s.teacher_width),
                 Matrix<T>(s.experts, s.teacher_width),
                 Matrix<T>(s.teacher_width, s.experts),
                 Matrix<T>(1, s.experts)} {}
  ExpertTensors<T> View() {
    auto& m = matrices;
    return {m[0], m[1], m[2], m[3], m[4], m[5]};
  }
  ExpertTensors<const T> ConstView() const {
    const auto& m = matrices;
    return {m[0], m[1], m[2], m[3], m[4], m[5]};
  }
  std::array<Matrix<T>, 6> matrices;
};

template <typename T>
struct DeProblem {
  DeProblem(const ExpertShape& shape_, std::size_t rows, std::uint64_t seed, double scale = 0.5)
      : shape(shape_),
        weights(shape),
        gradients(shape),
        student(rows, shape.student_width),
        teacher(rows, shape.teacher_width),
        gumbel(rows, shape.experts),
        student_gradient(rows, shape.student_width),
        row_weights(rows),
        loss(shape) {
    RandomStream stream(seed, Role::kTest, rows, shape.experts);
    const auto fill = [&](Matrix<T>& m, double s) {
      for (T& x : m.view().elements()) x = static_cast<T>(s * stream.Normal());
    };
    for (auto& m : weights.matrices) fill(m, scale);
    fill(student, 1.0);
    fill(teacher, 1.0);
    for (T& g : gumbel.view().elements()) g = static_cast<T>(stream.Gumbel());
    for (std::size_t r = 0; r < rows; ++r) row_weights[r] = r % 3 == 0 ? T{1} : T{0.5};
  }
  double Compute(const Parallel& parallel = Parallel(1)) {
    return loss.Compute(weights.ConstView(), student, teacher, gumbel, row_weights, options,
                        gradients.View(), student_gradient, parallel);
  }

  ExpertShape shape;
  DeTensors<T> weights, gradients;
  Matrix<T> student, teacher, gumbel, student_gradient;
  std::vector<T> row_weights;
  DeOptions options{1.0, 0.0};
  DeLoss<T> loss;
};

void ExpectGradients(DeProblem<double>& p, const std::string& what, double tolerance = 1e-6) {
  p.Compute();
  const DeTensors<double> gradients = p.gradients;
  const Matrix<double> of_student = p.student_gradient;
  const auto loss = [&] { return p.Compute(); };
  ExpectGradient(p.student.view().elements(), of_student.view().elements(), loss, what + " student",
                 1e-5, tolerance);
  for (std::size_t t = 0; t < kDeNames.size(); ++t) {
    ExpectGradient(p.weights.matrices[t].view().elements(), gradients.matrices[t].view().elements(),
                   loss, what + " " + kDeNames[t], 1e-5, tolerance);
  }
}

// The formula read off the page, one row and one expert after the other.
double DeDirect(const DeProblem<double>& p) {
  const auto& [first, first_bias, second, second_bias, selection, selection_bias] =
      p.weights.matrices;
  double loss = 0.0;
  for (std::size_t r = 0; r < p.student.rows(); ++r) {
    std::vector<double> alpha(p.shape.experts), z(p.shape.experts);
    double alpha_sum = 0.0, z_sum = 0.0;
    for (std::size_t m = 0; m < p.shape.experts; ++m) {
      double logit = selection_bias(0, m);
      for (std::size_t c = 0; c < p.shape.teacher_width; ++c) {
        logit += p.teacher(r, c) * selection(c, m);
      }
      alpha_sum += alpha[m] = std::exp(logit);
    }
    for (std::size_t m = 0; m < p.shape.experts; ++m) {
      z[m] = (std::log(alpha[m] / alpha_sum + 1e-10) + p.gumbel(r, m)) / p.options.temperature;
    }
    const double highest = *std::max_element(z.begin(), z.end());
    for (double& weight : z) z_sum += weight = std::exp(weight - highest);
    for (std::size_t c = 0; c < p.shape.teacher_width; ++c) {
      double reconstruction = 0.0;
      for (std::size_t m = 0; m < p.shape.experts; ++m) {
        double output = second_bias(m, c);
        for (std::size_t h = 0; h < p.shape.hidden_width; ++h) {
          double hidden = first_bias(m, h);
          for (std::size_t s = 0; s < p.shape.student_width; ++s) {
            hidden += p.student(r, s) * first(m * p.shape.student_width + s, h);
          }
          output += std::max(hidden, 0.0) * second(m * p.shape.hidden_width + h, c);
        }
        reconstruction += z[m] / z_sum * output;
      }
      loss += p.row_weights[r] * std::pow(p.teacher(r, c) - reconstruction, 2);
    }
  }
  return loss;
}

const std::vector<std::pair<ExpertShape, std::size_t>>& DeShapes() {
  static const std::vector<std::pair<ExpertShape, std::size_t>> shapes = {
      {{1, 1, 1, 1}, 1}, {{1, 3, 2, 5}, 4}, {{5, 4, 6, 7}, 9}, {{30, 2, 3, 4}, 5}};
  return shapes;
}

TEST(De, IsTheFormulaOfThePaper) {
  for (const auto& [shape, rows] : DeShapes()) {
    for (const double temperature : {1.0, 0.3}) {
      DeProblem<double> p(shape, rows, 1);
      p.options.temperature = temperature;
      const double direct = DeDirect(p);
      EXPECT_NEAR(p.Compute(), direct, 1e-10 * std::max(1.0, direct));
    }
  }
}

TEST(De, GradientsAreThoseOfFiniteDifferences) {
  for (const auto& [shape, rows] : DeShapes()) {
    for (const double temperature : {1.0, 0.3}) {
      DeProblem<double> p(shape, rows, 2);
      p.options.temperature = temperature;
      ExpectGradients(p, "experts " + std::to_string(shape.experts));
    }
  }
}

TEST(De, AllExpertsButOneClosed) {
  // One expert's Gumbel draw dwarfs the rest at a low temperature: z is one-hot.
  DeProblem<double> p({5, 4, 6, 7}, 9, 3);
  p.options = {1e-4, 1e-3};
  for (std::size_t r = 0; r < p.gumbel.rows(); ++r) p.gumbel(r, r % 5) = 30.0;
  const double loss = p.Compute();
  EXPECT_EQ(p.loss.routed_pairs(), 9u);
  EXPECT_NEAR(loss, DeDirect(p), 1e-9 * loss);
  ExpectGradients(p, "one-hot");
  for (const double g : p.gradients.matrices[4].view().elements()) EXPECT_EQ(g, 0.0);
}

TEST(De, ExtremeInputsStayFinite) {
  DeProblem<float> p({30, 20, 30, 40}, 50, 4);
  p.options = {1e-10, 1e-3};
  for (float& x : p.student.view().elements()) x *= 80.0f;
  for (float& x : p.weights.matrices[4].view().elements()) x *= 80.0f;
  EXPECT_TRUE(std::isfinite(p.Compute()));
  for (const auto& m : p.gradients.matrices) {
    for (const float g : m.view().elements()) ASSERT_TRUE(std::isfinite(g));
  }
}

TEST(De, WhatIsNotFiniteIsNotHidden) {
  for (const std::size_t t : {0, 2, 4, 5}) {
    DeProblem<float> p({5, 4, 6, 7}, 9, 8);
    p.options.tolerance = 1e-3;
    p.weights.matrices[t](0, 0) = std::nanf("");
    EXPECT_FALSE(std::isfinite(p.Compute())) << kDeNames[t];
  }
  DeProblem<float> p({5, 4, 6, 7}, 9, 8);
  p.teacher(3, 2) = std::nanf("");
  EXPECT_FALSE(std::isfinite(p.Compute()));
}

TEST(De, TheWeightScalesGradientsAlone) {
  DeProblem<double> p({5, 4, 6, 7}, 9, 9);
  const double loss = p.Compute();
  const DeTensors<double> gradients = p.gradients;
  p.options.weight = 0.25;
  EXPECT_EQ(p.Compute(), loss);
  for (std::size_t t = 0; t < kDeNames.size(); ++t) {
    for (std::size_t i = 0; i < gradients.matrices[t].size(); ++i) {
      EXPECT_NEAR(p.gradients.matrices[t].data()[i], 0.25 * gradients.matrices[t].data()[i], 1e-12);
    }
  }
}

TEST(De, NoRowsGiveZeroGradients) {
  DeProblem<double> p({5, 4, 6, 7}, 0, 5);
  for (auto& m : p.gradients.matrices) {
    for (double& g : m.view().elements()) g = 1.0;
  }
  EXPECT_EQ(p.Compute(), 0.0);
  for (const auto& m : p.gradients.matrices) {
    for (const double g : m.view().elements()) ASSERT_EQ(g, 0.0);
  }
}

TEST(De, SelfDistillationHalvesTheWidth) {
  EXPECT_EQ(ExpertShape::For(30, 20, 200).hidden_width, 110u);
  EXPECT_EQ(ExpertShape::For(30, 20, 20).hidden_width, 10u);
  EXPECT_EQ(ExpertShape::For(30, 1, 1).hidden_width, 1u);
}

// What routing leaves out changes a row's reconstruction by at most tolerance * min(1, tau) times
// the longest output. For experts of this size that is at most 5 tolerances of the
// loss and 20 of a gradient's norm.
TEST(De, RoutingChangesLittleAndLessWithTheTolerance) {
  for (const double temperature : {1.0, 0.5, 0.1, 0.02}) {
    DeProblem<double> dense({30, 20, 30, 40}, 60, 6, 0.2);
    dense.options.temperature = temperature;
    const double exact = dense.Compute();
    for (const double tolerance : {0.03, 1e-3, 1e-5}) {
      DeProblem<double> routed({30, 20, 30, 40}, 60, 6, 0.2);
      routed.options = {temperature, tolerance};
      EXPECT_NEAR(routed.Compute() / exact, 1.0, 5 * tolerance);
      EXPECT_LE(routed.loss.routed_pairs(), dense.loss.routed_pairs());
      if (temperature < 0.2) {
        EXPECT_LT(routed.loss.routed_pairs(), 60u * 15u);
      }
      for (std::size_t t = 0; t < kDeNames.size(); ++t) {
        const auto a = dense.gradients.matrices[t].view().elements();
        const auto b = routed.gradients.matrices[t].view().elements();
        double difference = 0.0, norm = 0.0;
        for (std::size_t i = 0; i < a.size(); ++i) {
          difference += std::pow(a[i] - b[i], 2);
          norm += a[i] * a[i];
        }
        EXPECT_LE(std::sqrt(difference), 20 * tolerance * std::sqrt(norm))
            << kDeNames[t] << " at temperature " << temperature << ", tolerance " << tolerance;
      }
    }
  }
}

// Several blocks of rows, the last of them one row that is routed to one expert alone.
TEST(De, BlocksOfRowsAreTheFormulaToo) {
  for (const double temperature : {1.0, 1e-3}) {
    DeProblem<double> p({5, 4, 6, 7}, 257, 10);
    p.options = {temperature, 1e-6};
    p.gumbel(256, 0) = 1000.0;
    const double direct = DeDirect(p);
    for (const int threads : {1, 8}) {  // by rows, by experts
      EXPECT_NEAR(p.Compute(Parallel(threads)), direct, 1e-5 * direct);
    }
  }
}

// While most pairs are routed one thread runs rows block by block, eight run expert by expert.
TEST(De, SameBitsAtAnyNumberOfThreads) {
  for (const double temperature : {1.0, 0.3}) {
    DeProblem<float> one({30, 20, 30, 40}, 700, 7);
    one.options = {temperature, 1e-3};
    const double loss = one.Compute(Parallel(1));
    const bool most = 2 * one.loss.routed_pairs() > 700 * 30;
    EXPECT_EQ(most, temperature == 1.0) << one.loss.routed_pairs();
    for (const int threads : {2, 3, 8}) {
      DeProblem<float> many({30, 20, 30, 40}, 700, 7);
      many.options = one.options;
      EXPECT_EQ(many.Compute(Parallel(threads)), loss);
      EXPECT_TRUE(std::ranges::equal(many.student_gradient.view().elements(),
                                     one.student_gradient.view().elements()));
      for (std::size_t t = 0; t < kDeNames.size(); ++t) {
        const auto& a = one.gradients.matrices[t];
        const auto& b = many.gradients.matrices[t];
        EXPECT_EQ(std::memcmp(a.data(), b.data(), a.size() * sizeof(float)), 0) << kDeNames[t];
      }
    }
  }
}

TEST(De, AgreesWithPyTorch) {
  const SafetensorsFile file(DERRD_SOURCES "/losses/testdata/de_reference.safetensors");
  DeProblem<float> p({7, 6, 9, 12}, 11, 0);
  const auto load = [&](const std::string& name, float* to, std::size_t size) {
    const auto from = file.Elements<double>(name);
    ASSERT_EQ(from.size(), size) << name;
    for (std::size_t i = 0; i < size; ++i) to[i] = static_cast<float>(from[i]);
  };
  const auto expect = [&](const std::string& name, const Matrix<float>& found) {
    const auto expected = file.Elements<double>(name);
    ASSERT_EQ(expected.size(), found.size()) << name;
    double largest = 1.0;
    for (const double x : expected) largest = std::max(largest, std::abs(x));
    for (std::size_t i = 0; i < expected.size(); ++i) {
      EXPECT_NEAR(found.data()[i] / largest, expected[i] / largest, 1e-5) << name << " " << i;
    }
  };
  load("student", p.student.data(), p.student.size());
  load("teacher", p.teacher.data(), p.teacher.size());
  load("gumbel", p.gumbel.data(), p.gumbel.size());
  load("row_weights", p.row_weights.data(), p.row_weights.size());
  for (std::size_t t = 0; t < kDeNames.size(); ++t) {
    load(kDeNames[t], p.weights.matrices[t].data(), p.weights.matrices[t].size());
  }
  for (const std::string number : {"0.", "1.", "2."}) {
    p.options = {file.Elements<double>(number + "temperature")[0], 0.0};
    EXPECT_NEAR(p.Compute() / file.Elements<double>(number + "loss")[0], 1.0, 1e-5);
    expect(number + "student", p.student_gradient);
    for (std::size_t t = 0; t < kDeNames.size(); ++t) {
      expect(number + kDeNames[t], p.gradients.matrices[t]);
    }
  }
}

}  // namespace
}  // namespace derrd
