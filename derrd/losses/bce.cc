#include "derrd/losses/bce.h"

#include <cassert>
#include <cmath>
#include <cstddef>

namespace derrd {
namespace {

// The sum of -log sigma(sign * x), and its gradient with respect to x.
template <typename T>
double Sum(std::span<const T> x, T sign, std::span<T> gradient) {
  assert(x.size() == gradient.size());
  double loss = 0.0;
  for (std::size_t n = 0; n < x.size(); ++n) {
    const T y = sign * x[n];
    // e = exp(-|y|) never overflows; -log sigma(y) = log(1 + exp(-y)).
    const T e = std::exp(-std::abs(y));
    loss += static_cast<double>(std::log1p(e) + (y < 0 ? -y : T{0}));
    gradient[n] = -sign * (y < 0 ? T{1} : e) / (T{1} + e);
  }
  return loss;
}

}  // namespace

template <typename T>
double BceLoss(std::span<const T> positive, std::span<const T> negative,
               std::span<T> positive_gradient, std::span<T> negative_gradient) {
  return Sum(positive, T{1}, positive_gradient) + Sum(negative, T{-1}, negative_gradient);
}

template double BceLoss(std::span<const float>, std::span<const float>, std::span<float>,
                        std::span<float>);
template double BceLoss(std::span<const double>, std::span<const double>, std::span<double>,
                        std::span<double>);

}  // namespace derrd
