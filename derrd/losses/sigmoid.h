// The sigmoid and its logarithm, as the losses of probabilities need them.
#ifndef DERRD_LOSSES_SIGMOID_H_
#define DERRD_LOSSES_SIGMOID_H_

#include <cmath>

namespace derrd {

// softplus(x) = log(1 + exp(x)) = -log sigma(-x), and sigma(x) = 1 / (1 + exp(-x)), its derivative.
// Finite for any finite x: the one exponential is of a number that is not positive.
template <typename T>
struct Softplus {
  explicit Softplus(T x) {
    const T e = std::exp(-std::abs(x));
    value = std::log1p(e) + (x > 0 ? x : T{0});
    sigma = (x > 0 ? T{1} : e) / (T{1} + e);
  }

  T value, sigma;
};

}  // namespace derrd

#endif  // DERRD_LOSSES_SIGMOID_H_
