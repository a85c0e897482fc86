#include "derrd/losses/rrd.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstddef>

namespace derrd {
namespace {

// A running log-sum-exp: the sum is exp(highest) * scaled, with 1 <= scaled unless empty.
template <typename T>
struct LogSum {
  T highest = 0;
  T scaled = 0;

  void Add(T x) {
    if (scaled == 0) {
      highest = x;
      scaled = 1;
    } else if (x > highest) {
      scaled = scaled * std::exp(highest - x) + 1;
      highest = x;
    } else {
      scaled += std::exp(x - highest);
    }
  }
  T Log() const { return highest + std::log(scaled); }
};

}  // namespace

// With D_k the sum behind position k (not growing in k) and c_i = sum_{k<=i} D_i / D_k, the
// gradient is -1 + exp(f_i - log D_i) c_i for pi_i and exp(f_j - log D_K) c_K for nu_j. Both
// exponents are at most 0, and c_i = c_{i-1} D_i / D_{i-1} + 1 lies in [1, i].
template <typename T>
double RrdLoss(std::span<const T> interesting, std::span<const T> uninteresting, T weight,
               std::span<T> interesting_gradient, std::span<T> uninteresting_gradient) {
  const std::size_t count = interesting.size();
  assert(count >= 1);
  LogSum<T> sum;
  if (!uninteresting.empty()) {
    const T highest = *std::max_element(uninteresting.begin(), uninteresting.end());
    sum.highest = highest;
    for (const T score : uninteresting) sum.scaled += std::exp(score - highest);
  }
  // The gradient's memory holds log D_k until it is turned into the gradient.
  const std::span<T> log_sums = interesting_gradient;
  double loss = 0.0;
  for (std::size_t k = count; k-- > 0;) {
    sum.Add(interesting[k]);
    log_sums[k] = sum.Log();
    loss += static_cast<double>(log_sums[k] - interesting[k]);
  }
  T c = 0;
  T before = log_sums[0];
  for (std::size_t k = 0; k < count; ++k) {
    const T log_sum = log_sums[k];
    c = c * std::exp(std::min(T{0}, log_sum - before)) + 1;
    before = log_sum;
    interesting_gradient[k] = weight * (std::exp(std::min(T{0}, interesting[k] - log_sum)) * c - 1);
  }
  for (std::size_t j = 0; j < uninteresting.size(); ++j) {
    uninteresting_gradient[j] = weight * c * std::exp(uninteresting[j] - before);
  }
  return loss;
}

template double RrdLoss(std::span<const float>, std::span<const float>, float, std::span<float>,
                        std::span<float>);
template double RrdLoss(std::span<const double>, std::span<const double>, double, std::span<double>,
                        std::span<double>);

}  // namespace derrd
