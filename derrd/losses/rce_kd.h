// Rejuvenated Cross-Entropy for Knowledge Distillation (Zhu and Zhang, arXiv 2509.20989;
// formulas as in the authors' RCEKD.get_loss), of one user. For a list of items with the scores f
// of the student and t of the teacher let
//   CE(list) = -sum_i softmax(t / tau)_i log softmax(f / tau)_i
// Minimizing it bounds NDCG only on a list that the student itself ranks on top. S is the student's
// top K, T the teacher's; A holds L items drawn from the student's top and what of T is neither in
// these nor in S. With o the share of T that was drawn,
//   L = (1 - exp(-beta o)) CE(S) + exp(-beta o) CE(A)
#ifndef DERRD_LOSSES_RCE_KD_H_
#define DERRD_LOSSES_RCE_KD_H_

#include <cstdint>
#include <span>

namespace derrd {

// The scores of a list's items, at least one, by both models.
template <typename T>
struct ScoresOfBoth {
  std::span<const T> student, teacher;
};

struct RceKdShape {
  double overlap;      // o in [0, 1]
  double beta;         // >= 0
  double temperature;  // tau > 0
};

// Returns L and writes weight * gradient with respect to each of the student's scores. Finite
// for scores whose differences, divided by the temperature, are finite. O(S + A).
template <typename T>
double RceKdLoss(const ScoresOfBoth<T>& top, const ScoresOfBoth<T>& drawn, const RceKdShape& shape,
                 T weight, std::span<T> top_gradient, std::span<T> drawn_gradient);

// The L items come from the student's first N, without replacement, in proportion to
//   exp( (1 + min(n, 50)) / T )
// with n how many of T stand at an item's position of the student's order or below it: the list is
// to hold what the student ranks above these. Writes the logarithm for each of `pool`, the
// student's order; sampling temperature T > 0. O(N log K).
void RceKdLogWeights(std::span<const std::int32_t> pool, std::span<const std::int32_t> teacher_top,
                     double temperature, std::span<float> log_weights);

extern template double RceKdLoss(const ScoresOfBoth<float>&, const ScoresOfBoth<float>&,
                                 const RceKdShape&, float, std::span<float>, std::span<float>);
extern template double RceKdLoss(const ScoresOfBoth<double>&, const ScoresOfBoth<double>&,
                                 const RceKdShape&, double, std::span<double>, std::span<double>);

}  // namespace derrd

#endif  // DERRD_LOSSES_RCE_KD_H_
