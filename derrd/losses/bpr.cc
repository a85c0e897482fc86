#include "derrd/losses/bpr.h"

#include <cassert>
#include <cstddef>

#include "derrd/losses/sigmoid.h"

namespace derrd {

template <typename T>
double BprLoss(std::span<const T> positive, std::span<const T> negative,
               std::span<T> positive_gradient, std::span<T> negative_gradient) {
  assert(positive.size() == negative.size());
  SoftplusSum loss;
  for (std::size_t n = 0; n < positive.size(); ++n) {
    const Softplus<T> of_minus_margin(negative[n] - positive[n]);
    loss.Add(of_minus_margin);
    positive_gradient[n] = -of_minus_margin.sigma;
    negative_gradient[n] = of_minus_margin.sigma;
  }
  return loss.value();
}

template double BprLoss(std::span<const float>, std::span<const float>, std::span<float>,
                        std::span<float>);
template double BprLoss(std::span<const double>, std::span<const double>, std::span<double>,
                        std::span<double>);

}  // namespace derrd
