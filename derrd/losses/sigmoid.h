// The sigmoid and its logarithm, as the losses of probabilities need them.
#ifndef DERRD_LOSSES_SIGMOID_H_
#define DERRD_LOSSES_SIGMOID_H_

#include <cmath>

namespace derrd {

// softplus(x) = log(1 + exp(x)) = -log sigma(-x), and sigma(x) = 1 / (1 + exp(-x)), its derivative.
// Finite for any finite x: the one exponential is of a number that is not positive.
template <typename T>
struct Softplus {
  explicit Softplus(T x) : exponential(std::exp(-std::abs(x))), positive_part(x > 0 ? x : T{0}) {
    sigma = (x > 0 ? T{1} : exponential) / (T{1} + exponential);
  }
  T value() const { return std::log1p(exponential) + positive_part; }

  T exponential, positive_part, sigma;
};

// Adds up values of softplus: the logarithms of many by that of their product, which in double
// precision loses of each what is below 1e-16. A NaN among them is what it comes to.
class SoftplusSum {
 public:
  template <typename T>
  void Add(const Softplus<T>& term) {
    sum_ += static_cast<double>(term.positive_part);
    product_ *= 1.0 + static_cast<double>(term.exponential);  // at most 2
    if (product_ > 0x1p1000) TakeLogarithm();
  }
  double value() {
    TakeLogarithm();
    return sum_;
  }

 private:
  void TakeLogarithm() {
    sum_ += std::log(product_);
    product_ = 1.0;
  }

  double sum_ = 0.0, product_ = 1.0;
};

}  // namespace derrd

#endif  // DERRD_LOSSES_SIGMOID_H_
