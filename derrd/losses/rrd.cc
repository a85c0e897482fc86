#include "derrd/losses/rrd.h"

#include <cassert>
#include <vector>

#include "derrd/kernels/plackett_luce.h"

namespace derrd {

// One user's interesting items are an order, the uninteresting ones its tail.
template <typename T>
double RrdLoss(std::span<const T> interesting, std::span<const T> uninteresting, T weight,
               std::span<T> interesting_gradient, std::span<T> uninteresting_gradient) {
  assert(!interesting.empty());
  thread_local std::vector<T> work;
  work.resize(4 * interesting.size());
  return kernels::PlackettLuce(interesting.data(), interesting.size(), uninteresting.data(),
                               uninteresting.size(), weight, interesting_gradient.data(),
                               uninteresting_gradient.data(), work.data());
}

template double RrdLoss(std::span<const float>, std::span<const float>, float, std::span<float>,
                        std::span<float>);
template double RrdLoss(std::span<const double>, std::span<const double>, double, std::span<double>,
                        std::span<double>);

}  // namespace derrd
