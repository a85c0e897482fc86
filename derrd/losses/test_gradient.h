// For tests: compares an analytic gradient with central finite differences.
#ifndef DERRD_LOSSES_TEST_GRADIENT_H_
#define DERRD_LOSSES_TEST_GRADIENT_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <span>
#include <string>

namespace derrd {

// Moves each element of x by +-step, calls `loss` (which reads x), and expects the difference
// quotient to be the element of `gradient`, up to `tolerance` relative to the larger of the two
// and 1.
inline void ExpectGradient(std::span<double> x, std::span<const double> gradient,
                           const std::function<double()>& loss, const std::string& what,
                           double step = 1e-5, double tolerance = 1e-6) {
  ASSERT_EQ(x.size(), gradient.size()) << what;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double kept = x[i];
    x[i] = kept + step;
    const double above = loss();
    x[i] = kept - step;
    const double below = loss();
    x[i] = kept;
    const double numeric = (above - below) / (2 * step);
    const double scale = std::max({1.0, std::abs(numeric), std::abs(gradient[i])});
    ASSERT_NEAR(gradient[i] / scale, numeric / scale, tolerance) << what << " element " << i;
  }
}

}  // namespace derrd

#endif  // DERRD_LOSSES_TEST_GRADIENT_H_
