#include "derrd/report/student_t.h"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <vector>

namespace derrd {

double TwoSidedP(double t, double degrees) {
  const boost::math::students_t distribution(degrees);
  return 2.0 * boost::math::cdf(boost::math::complement(distribution, std::abs(t)));
}

MeanAndDeviation Summarize(std::span<const double> values) {
  double sum = 0;
  for (const double value : values) sum += value;
  const double mean = sum / static_cast<double>(values.size());
  if (values.size() < 2) return {mean, {}};
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return {mean, std::sqrt(squares / static_cast<double>(values.size() - 1))};
}

std::optional<double> PairedTestP(std::span<const double> a, std::span<const double> b) {
  std::vector<double> differences;
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    differences.push_back(a[i] - b[i]);
    largest = std::max({largest, std::abs(a[i]), std::abs(b[i])});
  }
  if (differences.size() < 2) return std::nullopt;
  const auto [mean, deviation] = Summarize(differences);
  // Differences that are all the same but for rounding tell nothing of chance.
  constexpr double kRounding = 1e-14;
  if (*deviation <= kRounding * largest) return std::nullopt;
  const auto n = static_cast<double>(differences.size());
  return TwoSidedP(mean / (*deviation / std::sqrt(n)), n - 1);
}

}  // namespace derrd
