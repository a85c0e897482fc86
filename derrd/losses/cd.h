// Collaborative Distillation (Lee, Choi, Lee, Shim, "Collaborative Distillation for Top-N
// Recommendation", ICDM 2019): over items i sampled for one user, with f the student's score and t
// the teacher's,
//   L = -sum_i [ q_i log sigma(f_i) + (1 - q_i) log(1 - sigma(f_i)) ],   q_i = sigma((t_i + b) / T)
// The student learns how likely the teacher thinks each item, and not only that it stands high.
#ifndef DERRD_LOSSES_CD_H_
#define DERRD_LOSSES_CD_H_

#include <span>

namespace derrd {

// Returns L of one user and writes scale * gradient with respect to each score; all spans have the
// same length. targets: q, in [0, 1]. Finite for any finite scores. O(n).
template <typename T>
double CdLoss(std::span<const T> scores, std::span<const T> targets, T scale,
              std::span<T> gradient);

extern template double CdLoss(std::span<const float>, std::span<const float>, float,
                              std::span<float>);
extern template double CdLoss(std::span<const double>, std::span<const double>, double,
                              std::span<double>);

// Turns the teacher's scores t into q. temperature: T > 0; bias: b.
void CdTargets(double temperature, double bias, std::span<float> scores);

}  // namespace derrd

#endif  // DERRD_LOSSES_CD_H_
