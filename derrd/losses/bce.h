// Binary cross-entropy over logits, with sampled negatives (NeuMF: He et al., WWW 2017, eq. 7;
// CDAE: Wu et al., WSDM 2016, section 3.4, the logistic loss):
//   L = -sum_p log sigma(positive_p) - sum_n log(1 - sigma(negative_n))
#ifndef DERRD_LOSSES_BCE_H_
#define DERRD_LOSSES_BCE_H_

#include <span>

namespace derrd {

// Returns L and writes its gradient with respect to each logit; positives and negatives need not be
// as many. Finite for any finite logits; the arithmetic is T's, the sum is double. O(n).
template <typename T>
double BceLoss(std::span<const T> positive, std::span<const T> negative,
               std::span<T> positive_gradient, std::span<T> negative_gradient);

extern template double BceLoss(std::span<const float>, std::span<const float>, std::span<float>,
                               std::span<float>);
extern template double BceLoss(std::span<const double>, std::span<const double>, std::span<double>,
                               std::span<double>);

}  // namespace derrd

#endif  // DERRD_LOSSES_BCE_H_
