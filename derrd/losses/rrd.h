// Relaxed Ranking Distillation (DE-RRD, CIKM 2020, section 3.2, eq. 8): for one user with K
// interesting items pi_1 ... pi_K in the teacher's order and L uninteresting items nu_1 ... nu_L,
// with f the student's score,
//   L = -sum_{k=1..K} [ f(pi_k) - log( sum_{i=k..K} exp f(pi_i) + sum_{j=1..L} exp f(nu_j) ) ]
// The order among uninteresting items does not matter: that is the relaxation. With users and items
// exchanged, so that an item ranks its users, it is the item side of IR-RRD (Kang, Hwang, Kweon,
// Yu, "Item-side ranking regularized distillation for recommender system", Information Sciences
// 580, 2021).
#ifndef DERRD_LOSSES_RRD_H_
#define DERRD_LOSSES_RRD_H_

#include <span>

namespace derrd {

// Returns L of one user and writes weight * gradient with respect to each score. K >= 1, L >= 0.
// Finite for finite differences of scores: the sums run in the log domain, every exponential is of
// a number that is not positive. O(K + L).
template <typename T>
double RrdLoss(std::span<const T> interesting, std::span<const T> uninteresting, T weight,
               std::span<T> interesting_gradient, std::span<T> uninteresting_gradient);

extern template double RrdLoss(std::span<const float>, std::span<const float>, float,
                               std::span<float>, std::span<float>);
extern template double RrdLoss(std::span<const double>, std::span<const double>, double,
                               std::span<double>, std::span<double>);

}  // namespace derrd

#endif  // DERRD_LOSSES_RRD_H_
