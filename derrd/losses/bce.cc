#include "derrd/losses/bce.h"

#include <cassert>
#include <cstddef>

#include "derrd/losses/sigmoid.h"

namespace derrd {
namespace {

// The sum of -log sigma(sign * x), and its gradient with respect to x.
template <typename T>
double Sum(std::span<const T> x, T sign, std::span<T> gradient) {
  assert(x.size() == gradient.size());
  SoftplusSum loss;
  for (std::size_t n = 0; n < x.size(); ++n) {
    const Softplus<T> term(-sign * x[n]);
    loss.Add(term);
    gradient[n] = -sign * term.sigma;
  }
  return loss.value();
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
