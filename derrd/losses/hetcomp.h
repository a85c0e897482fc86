// HetComp's two losses (Kang et al., "Distillation from Heterogeneous Models for Top-K
// Recommendation", WWW 2023; formulas as in the authors' HetComp_MF.overall_loss and rank_loss), of
// one user. P are observed items and U unobserved ones in the teacher's order, K of the latter, R
// all other unobserved items, f the student's score.
//
// The overall relations, while the student is far from the teacher: every item of the lists before
// the rest, in no order among themselves,
//   L = -sum_{i in P and U} [ f_i - log( exp f_i + sum_{r in R} exp f_r ) ]
//
// The ranking, afterwards: with PL(order; tail) the loss of kernels/plackett_luce.h and U_n the
// first n items of U,
//   L = PL(P; tail) + ( PL(U_{K/2}; tail) + PL(U_{K/10}; R and U without U_{K/10}) ) / 2
//   where tail = R and U without U_{K/2}
#ifndef DERRD_LOSSES_HETCOMP_H_
#define DERRD_LOSSES_HETCOMP_H_

#include <cstddef>
#include <cstdint>
#include <span>

namespace derrd {

// `unobserved`: the scores of U in the teacher's order, `top` of them, then those of R. To stand
// for n items by m of them, add log(n / m) to the scores of R: exp(f + log(n / m)) counts n / m
// times, and the gradient is that of f. P, U and R may be empty. Both return L and write weight *
// gradient with respect to each score; finite for finite differences of scores. O(P + U + R), and
// no memory of R's size for the first.
template <typename T>
double HetCompOverallLoss(std::span<const T> observed, std::span<const T> unobserved,
                          std::size_t top, T weight, std::span<T> observed_gradient,
                          std::span<T> unobserved_gradient);
template <typename T>
double HetCompRankingLoss(std::span<const T> observed, std::span<const T> unobserved,
                          std::size_t top, T weight, std::span<T> observed_gradient,
                          std::span<T> unobserved_gradient);

extern template double HetCompOverallLoss(std::span<const float>, std::span<const float>,
                                          std::size_t, float, std::span<float>, std::span<float>);
extern template double HetCompOverallLoss(std::span<const double>, std::span<const double>,
                                          std::size_t, double, std::span<double>,
                                          std::span<double>);
extern template double HetCompRankingLoss(std::span<const float>, std::span<const float>,
                                          std::size_t, float, std::span<float>, std::span<float>);
extern template double HetCompRankingLoss(std::span<const double>, std::span<const double>,
                                          std::size_t, double, std::span<double>,
                                          std::span<double>);

// How far the student's order of a user's unobserved items is from a teacher's (the paper's
// discrepancy, as in the authors' code): 1 - NDCG of the student's first k items, in which an item
// is relevant when it is among the teacher's first k and the gain of position t, from 0, is
//   (2^exp(-t / 10) - 1) / log2(t + 2)
// The lists have the same length k >= 1. In [0, 1], rounded to four places. O(k log k).
double HetCompDiscrepancy(std::span<const std::int32_t> student,
                          std::span<const std::int32_t> teacher);

}  // namespace derrd

#endif  // DERRD_LOSSES_HETCOMP_H_
