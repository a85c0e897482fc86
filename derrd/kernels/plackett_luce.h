// How likely an order is when its members are drawn one after the other, each in proportion to
// exp(score) among those left and a tail of others, whose own order does not matter (Plackett,
// 1975; Luce, 1959; with a tail: Xia et al., "Listwise approach to learning to rank", ICML 2008).
#ifndef DERRD_KERNELS_PLACKETT_LUCE_H_
#define DERRD_KERNELS_PLACKETT_LUCE_H_

#include <cstddef>

namespace derrd::kernels {

// Returns -sum_k [ f_k - log( sum_{i>=k} exp f_i + sum_j exp t_j ) ] for the scores f of `count` >=
// 1 members in their order and t of `tail_count` >= 0 others, and writes weight * its gradient with
// respect to each. Finite for finite differences of scores: every exponential is of a number that
// is not positive. A NaN in gives a NaN out. `work`: 4 * count numbers. O(count + tail_count).
double PlackettLuce(const float* order, std::size_t count, const float* tail,
                    std::size_t tail_count, float weight, float* order_gradient,
                    float* tail_gradient, float* work);
double PlackettLuce(const double* order, std::size_t count, const double* tail,
                    std::size_t tail_count, double weight, double* order_gradient,
                    double* tail_gradient, double* work);

}  // namespace derrd::kernels

#endif  // DERRD_KERNELS_PLACKETT_LUCE_H_
