// What parameters start from. Every number is a function of (seed, role, step, its row), so a row
// does not depend on how many others there are.
#ifndef DERRD_CORE_INITIAL_VALUES_H_
#define DERRD_CORE_INITIAL_VALUES_H_

#include <cstdint>

#include "derrd/core/matrix.h"
#include "derrd/core/random.h"

namespace derrd {

// Row r from N(0, deviation^2), from the stream (seed, role, step, r).
void DrawNormalRows(MatrixView<float> rows, float deviation, std::uint64_t seed, Role role,
                    std::uint64_t step);

// The same from U(-bound, bound).
void DrawUniformRows(MatrixView<float> rows, float bound, std::uint64_t seed, Role role,
                     std::uint64_t step);

// All elements from U(-bound, bound), from one stream.
void DrawUniform(MatrixView<float> values, float bound, RandomStream stream);

}  // namespace derrd

#endif  // DERRD_CORE_INITIAL_VALUES_H_
