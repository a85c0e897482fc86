// Comparing a row of scores with a number: what ranks and top-K selection consist of. Nothing need
// be aligned. Each is one pass at the speed of memory.
#ifndef DERRD_KERNELS_SELECT_H_
#define DERRD_KERNELS_SELECT_H_

#include <cstddef>
#include <cstdint>

namespace derrd::kernels {

// How many of x[0..n) are not below `least`; a NaN is not.
std::size_t CountNotBelow(const float* x, std::size_t n, float least);

// Writes the indices i, ascending, of which x[i] is not at most `most` (it is above, or a NaN) and
// returns how many there are. `indices` must have room for n of them.
std::size_t SelectAbove(const float* x, std::size_t n, float most, std::int32_t* indices);

// The greatest power of two t <= 1/2 below which the numbers x[i] < t, none of them negative, sum
// to at most `tolerance` in [0, 1/2); 0 when that is 0. A NaN is below nothing. About one pass for
// each power of two that is tried.
float NegligibleBelow(const float* x, std::size_t n, float tolerance);
double NegligibleBelow(const double* x, std::size_t n, double tolerance);

// Whether none is infinite or NaN.
bool AllFinite(const float* x, std::size_t n);

}  // namespace derrd::kernels

#endif  // DERRD_KERNELS_SELECT_H_
