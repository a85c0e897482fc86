#include "derrd/report/student_t.h"

#include <cmath>
#include <limits>
#include <vector>

namespace derrd {
namespace {

double NotZero(double x) { return std::abs(x) < 1e-300 ? 1e-300 : x; }

// Converges fast for x < (a + 1) / (a + b + 2).
double ContinuedFraction(double a, double b, double x) {
  constexpr int kMostTerms = 500;
  double c = 1.0, d = 1.0 / NotZero(1.0 - (a + b) * x / (a + 1.0)), h = d;
  const auto take = [&](double numerator) {
    d = 1.0 / NotZero(1.0 + numerator * d);
    c = NotZero(1.0 + numerator / c);
    h *= c * d;
    return c * d;
  };
  for (int m = 1; m <= kMostTerms; ++m) {
    take(m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)));
    const double change = take(-(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)));
    if (std::abs(change - 1.0) < 1e-15) break;
  }
  return h;
}

}  // namespace

double IncompleteBeta(double a, double b, double x) {
  if (x <= 0.0) return 0.0;
  if (x >= 1.0) return 1.0;
  if (x >= (a + 1.0) / (a + b + 2.0)) return 1.0 - IncompleteBeta(b, a, 1.0 - x);
  const double log_factor =
      std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) + a * std::log(x) + b * std::log1p(-x);
  return std::exp(log_factor) * ContinuedFraction(a, b, x) / a;
}

double TwoSidedP(double t, double degrees) {
  if (std::isinf(t)) return 0.0;
  return IncompleteBeta(degrees / 2, 0.5, degrees / (degrees + t * t));
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
  for (std::size_t i = 0; i < a.size(); ++i) differences.push_back(a[i] - b[i]);
  if (differences.size() < 2) return std::nullopt;
  const auto [mean, deviation] = Summarize(differences);
  if (*deviation == 0.0) return mean == 0.0 ? 1.0 : 0.0;
  const auto n = static_cast<double>(differences.size());
  return TwoSidedP(mean / (*deviation / std::sqrt(n)), n - 1);
}

}  // namespace derrd
