// Bayesian Personalized Ranking (Rendle et al., "BPR: Bayesian Personalized Ranking from Implicit
// Feedback", UAI 2009, eq. 4 without its L2, which the optimizer adds):
//   L = -sum_n log sigma(positive_n - negative_n)
#ifndef DERRD_LOSSES_BPR_H_
#define DERRD_LOSSES_BPR_H_

#include <span>

namespace derrd {

// Returns L over n pairs and writes its gradient with respect to each score. All spans have n
// elements. Finite for finite differences of scores; the arithmetic is T's, the sum is double.
// O(n).
template <typename T>
double BprLoss(std::span<const T> positive, std::span<const T> negative,
               std::span<T> positive_gradient, std::span<T> negative_gradient);

extern template double BprLoss(std::span<const float>, std::span<const float>, std::span<float>,
                               std::span<float>);
extern template double BprLoss(std::span<const double>, std::span<const double>, std::span<double>,
                               std::span<double>);

}  // namespace derrd

#endif  // DERRD_LOSSES_BPR_H_
