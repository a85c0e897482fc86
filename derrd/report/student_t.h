// Whether a difference over a few seeds is more than chance: Student's paired t-test.
#ifndef DERRD_REPORT_STUDENT_T_H_
#define DERRD_REPORT_STUDENT_T_H_

#include <optional>
#include <span>

namespace derrd {

// The chance that |T| >= |t| for T of Student's distribution with that many degrees of freedom
// (> 0). 0 for an infinite t.
double TwoSidedP(double t, double degrees);

struct MeanAndDeviation {
  double mean;
  std::optional<double> deviation;  // of the sample (n - 1); nothing for a single value
};
MeanAndDeviation Summarize(std::span<const double> values);  // at least one

// The two-sided p of the differences a[i] - b[i] having a mean of 0. Nothing for fewer than two
// pairs, or when all differences are the same but for rounding: they tell nothing of chance.
std::optional<double> PairedTestP(std::span<const double> a, std::span<const double> b);

}  // namespace derrd

#endif  // DERRD_REPORT_STUDENT_T_H_
