#include "derrd/losses/bpr.h"

#include <cassert>
#include <cmath>
#include <cstddef>

namespace derrd {

template <typename T>
double BprLoss(std::span<const T> positive, std::span<const T> negative,
               std::span<T> positive_gradient, std::span<T> negative_gradient) {
  assert(positive.size() == negative.size());
  double loss = 0.0;
  for (std::size_t n = 0; n < positive.size(); ++n) {
    const T margin = positive[n] - negative[n];
    // e = exp(-|margin|) never overflows; -log sigma(x) = log(1 + exp(-x)).
    const T e = std::exp(-std::abs(margin));
    loss += static_cast<double>(std::log1p(e) + (margin < 0 ? -margin : T{0}));
    const T sigma_of_minus = (margin < 0 ? T{1} : e) / (T{1} + e);
    positive_gradient[n] = -sigma_of_minus;
    negative_gradient[n] = sigma_of_minus;
  }
  return loss;
}

template double BprLoss(std::span<const float>, std::span<const float>, std::span<float>,
                        std::span<float>);
template double BprLoss(std::span<const double>, std::span<const double>, std::span<double>,
                        std::span<double>);

}  // namespace derrd
