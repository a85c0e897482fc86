// Dual Correction Distillation (Lee and Kim, "Dual Correction Strategy for Ranking Distillation in
// Top-N Recommender System", CIKM 2021; formulas as in the authors' run_dcd.py): what the student
// ranks wrongly decides what is distilled. Among the first N of the teacher's order of items for a
// user let d_i be the student's rank of item i, among these N and from 0, less the teacher's. An
// item is underestimated where d_i > 0 and overestimated where d_i < 0, and is drawn as such in
// proportion to
//   max( tanh( max(d_i, 0) / T ), 1e-5 )        with d_i for the one and -d_i for the other.
// The loss of the K items drawn as underestimated, in the teacher's order, and the K drawn as
// overestimated is RrdLoss (derrd/losses/rrd.h) with the former as its interesting items and the
// latter as its uninteresting ones. The item's side is the same with users and items changed over.
#ifndef DERRD_LOSSES_DCD_H_
#define DERRD_LOSSES_DCD_H_

#include <cstdint>
#include <span>

namespace derrd {

// differences[i] = d_i from the student's scores in the teacher's order, which must be finite;
// equal scores keep the teacher's order. O(N log N).
template <typename T>
void RankDifferences(std::span<const T> scores, std::span<std::int32_t> differences);

// The weight above of a difference of any sign; temperature T > 0, in positions. In [1e-5, 1].
double CorrectionWeight(std::int32_t difference, double temperature);

extern template void RankDifferences(std::span<const float>, std::span<std::int32_t>);
extern template void RankDifferences(std::span<const double>, std::span<std::int32_t>);

}  // namespace derrd

#endif  // DERRD_LOSSES_DCD_H_
