#include "derrd/losses/cd.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "derrd/core/random.h"
#include "derrd/core/safetensors.h"
#include "derrd/losses/test_gradient.h"

namespace derrd {
namespace {

using testing::ElementsAre;
using testing::FloatEq;
using testing::FloatNear;

struct Cd {
  std::vector<double> scores, targets, gradient;
  double scale;

  Cd(std::vector<double> s, std::vector<double> t, double c = 1.0)
      : scores(std::move(s)), targets(std::move(t)), gradient(scores.size()), scale(c) {}
  double Loss() { return CdLoss<double>(scores, targets, scale, gradient); }
  void ExpectGradients() {
    Loss();
    const auto analytic = gradient;
    ExpectGradient(
        scores, analytic, [&] { return scale * Loss(); }, "scores");
  }
};

Cd RandomCd(std::size_t count) {
  RandomStream stream(8, Role::kTest, count, 0);
  std::vector<double> scores(count), targets(count);
  for (double& score : scores) score = 3 * stream.Normal();
  for (double& target : targets) target = stream.Uniform();
  return Cd(std::move(scores), std::move(targets), 0.7);
}

TEST(Cd, IsTheCrossEntropyWithTheTargets) {
  Cd cd({1.0, -2.0, 0.5}, {0.25, 1.0, 0.0});
  double expected = 0.0;
  for (std::size_t i = 0; i < 3; ++i) {
    const double p = 1 / (1 + std::exp(-cd.scores[i]));
    expected -= cd.targets[i] * std::log(p) + (1 - cd.targets[i]) * std::log(1 - p);
  }
  EXPECT_NEAR(cd.Loss(), expected, 1e-12);
}

TEST(Cd, GradientIsThatOfFiniteDifferences) {
  for (const std::size_t count : {1, 2, 7, 50}) RandomCd(count).ExpectGradients();
}

TEST(Cd, WhereTheStudentAgreesNothingPulls) {
  Cd cd({1.5}, {1 / (1 + std::exp(-1.5))});
  cd.Loss();
  EXPECT_NEAR(cd.gradient[0], 0.0, 1e-15);
}

TEST(Cd, ExtremeScoresStayFiniteAndRight) {
  Cd cd({80, -80, 80, -80, 800}, {1, 0, 0, 1, 0.5});
  EXPECT_NEAR(cd.Loss(), 80 + 80 + 400, 1e-9);
  cd.ExpectGradients();
  const std::vector<float> scores{80, -80}, targets{0, 1};
  std::vector<float> gradient(2);
  EXPECT_FLOAT_EQ(static_cast<float>(CdLoss<float>(scores, targets, 2.0f, gradient)), 160.0f);
  EXPECT_THAT(gradient, ElementsAre(FloatEq(2), FloatEq(-2)));
}

TEST(Cd, NothingIsNoLoss) { EXPECT_EQ(Cd({}, {}).Loss(), 0.0); }

TEST(Cd, WhatIsNotFiniteIsNotHidden) {
  EXPECT_FALSE(std::isfinite(Cd({std::nan(""), 1.0}, {0.5, 0.5}).Loss()));
  EXPECT_FALSE(std::isfinite(Cd({1.0}, {std::nan("")}).Loss()));
}

TEST(CdTargets, AreTheSigmoidOfTheBiasedAndSoftenedScore) {
  std::vector<float> scores{0.0f, 2.0f, 1e4f, -1e4f};
  CdTargets(2.0, -1.0, scores);
  EXPECT_THAT(scores, ElementsAre(FloatNear(static_cast<float>(1 / (1 + std::exp(0.5))), 1e-7f),
                                  FloatNear(static_cast<float>(1 / (1 + std::exp(-0.5))), 1e-7f),
                                  FloatEq(1), FloatEq(0)));
}

TEST(Cd, AgreesWithPyTorch) {
  const SafetensorsFile reference(DERRD_SOURCES "/losses/testdata/cd_reference.safetensors");
  const auto value = [&](const char* name) { return reference.Elements<double>(name)[0]; };
  const auto scores = reference.MatrixOf<double>("scores");
  const auto teacher = reference.MatrixOf<double>("teacher");
  const auto expected_targets = reference.MatrixOf<double>("targets");
  const auto expected_gradient = reference.MatrixOf<double>("gradient");
  ASSERT_EQ(scores.rows(), 13u);
  double loss = 0.0;
  for (std::size_t user = 0; user < scores.rows(); ++user) {
    const std::vector<float> s(scores.row(user), scores.row(user) + scores.cols());
    std::vector<float> targets(teacher.row(user), teacher.row(user) + teacher.cols());
    std::vector<float> gradient(s.size());
    CdTargets(value("temperature"), value("bias"), targets);
    loss += CdLoss<float>(s, targets, 1.0f, gradient);
    for (std::size_t i = 0; i < s.size(); ++i) {
      EXPECT_NEAR(targets[i], expected_targets(user, i), 1e-6);
      EXPECT_NEAR(gradient[i], expected_gradient(user, i), 1e-6);
    }
  }
  EXPECT_NEAR(loss / value("loss"), 1.0, 1e-6);
}

}  // namespace
}  // namespace derrd
