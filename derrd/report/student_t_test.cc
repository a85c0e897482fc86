#include "derrd/report/student_t.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

namespace derrd {
namespace {

// Closed forms of Student's distribution for 1, 2 and 4 degrees of freedom.
TEST(TwoSidedP, AgreesWithClosedForms) {
  for (const double t : {0.0, 0.1, 0.7, 1.0, 2.3, 5.0, 40.0, 1e4}) {
    EXPECT_NEAR(TwoSidedP(t, 1), 1 - 2 / std::numbers::pi * std::atan(t), 1e-12) << t;
    EXPECT_NEAR(TwoSidedP(t, 2), 1 - t / std::sqrt(2 + t * t), 1e-12) << t;
    const double s = t / std::sqrt(4 + t * t);
    EXPECT_NEAR(TwoSidedP(t, 4), 1 - s * (1 + 0.5 * (1 - s * s)), 1e-12) << t;
    EXPECT_EQ(TwoSidedP(t, 4), TwoSidedP(-t, 4));
  }
}

// Critical values of printed tables (NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2).
TEST(TwoSidedP, AgreesWithPrintedTables) {
  EXPECT_NEAR(TwoSidedP(2.776, 4), 0.05, 5e-5);
  EXPECT_NEAR(TwoSidedP(4.604, 4), 0.01, 5e-5);
  EXPECT_NEAR(TwoSidedP(2.228, 10), 0.05, 5e-5);
  EXPECT_NEAR(TwoSidedP(2.750, 30), 0.01, 5e-5);
  EXPECT_EQ(TwoSidedP(std::numeric_limits<double>::infinity(), 3), 0.0);
}

TEST(Summarize, MeanAndTheSamplesDeviation) {
  const std::vector<double> values = {2, 4, 4, 4, 5, 5, 7, 9};
  EXPECT_DOUBLE_EQ(Summarize(values).mean, 5);
  EXPECT_DOUBLE_EQ(*Summarize(values).deviation, std::sqrt(32.0 / 7));
  EXPECT_FALSE(Summarize(std::vector<double>{3}).deviation.has_value());
}

// Student's own data of ten patients' additional hours of sleep ("The probable error of a mean",
// 1908): t = 4.0621 with 9 degrees of freedom, p = 0.00283.
TEST(PairedTestP, AgreesWithStudentsSleepData) {
  const std::vector<double> one = {0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0};
  const std::vector<double> two = {1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4};
  EXPECT_NEAR(*PairedTestP(one, two), 0.002833, 1e-6);
  EXPECT_EQ(*PairedTestP(one, two), *PairedTestP(two, one));
}

TEST(PairedTestP, TooFewOrAllTheSame) {
  EXPECT_FALSE(PairedTestP(std::vector<double>{1}, std::vector<double>{2}).has_value());
  EXPECT_FALSE(PairedTestP({}, {}).has_value());
  EXPECT_FALSE(PairedTestP(std::vector<double>{1, 2}, std::vector<double>{1, 2}).has_value());
  EXPECT_FALSE(
      PairedTestP(std::vector<double>{0.3, 0.6}, std::vector<double>{0.1, 0.4}).has_value());
  // One hit of 100,000 users more each time.
  EXPECT_FALSE(PairedTestP(std::vector<double>{0.50001, 0.48124, 0.31339, 0.77778, 0.12346},
                           std::vector<double>{0.5, 0.48123, 0.31338, 0.77777, 0.12345})
                   .has_value());
}

}  // namespace
}  // namespace derrd
