// Ranking Distillation (Tang and Wang, "Ranking Distillation: Learning Compact Ranking Models With
// High Performance for Recommender System", KDD 2018): for one user with the teacher's top K
// unobserved items pi_1 ... pi_K, with f the student's score,
//   L = -sum_{k=1..K} w_k log sigma(f(pi_k)),   w_k = a_k b_k
//   a_k = exp(-k / lambda) / sum_{j=1..K} exp(-j / lambda)   how much position k matters (eq. 8)
//   b_k = tanh(max(0, mu (r_k - k)))                         how far the student is off (eq. 9)
// r_k is the student's rank of pi_k (from 1) among all n items, estimated from e sampled ones of
// which m_k have a higher score: r_k = 1 + floor((n - 1) m_k / e). An item that the student ranks
// at least as high as the teacher does has nothing left to learn.
#ifndef DERRD_LOSSES_RD_H_
#define DERRD_LOSSES_RD_H_

#include <cstddef>
#include <span>
#include <vector>

namespace derrd {

// Returns L of one user and writes scale * gradient with respect to each score; all spans have K
// elements. Finite for any finite scores. O(K).
template <typename T>
double RdLoss(std::span<const T> scores, std::span<const T> weights, T scale,
              std::span<T> gradient);

extern template double RdLoss(std::span<const float>, std::span<const float>, float,
                              std::span<float>);
extern template double RdLoss(std::span<const double>, std::span<const double>, double,
                              std::span<double>);

// a_1 ... a_K. lambda > 0, in positions.
std::vector<float> RdPositionWeights(std::size_t count, double lambda);

// Multiplies weights[k], of the K scores of pi_1 ... pi_K, by b_k. sampled: the scores of the e >=
// 1 sampled items; items: n; mu > 0. O(K e).
void MultiplyRdDiscrepancies(std::span<const float> scores, std::span<const float> sampled,
                             std::size_t items, double mu, std::span<float> weights);

}  // namespace derrd

#endif  // DERRD_LOSSES_RD_H_
