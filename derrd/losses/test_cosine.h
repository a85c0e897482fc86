// For tests: a cosine as the textbook has it.
#ifndef DERRD_LOSSES_TEST_COSINE_H_
#define DERRD_LOSSES_TEST_COSINE_H_

#include <cmath>
#include <cstddef>

#include "derrd/core/matrix.h"

namespace derrd {

// Between row i of a and row j of b; 0 when one of them is 0.
inline double Cosine(const Matrix<double>& a, std::size_t i, const Matrix<double>& b,
                     std::size_t j) {
  long double dot = 0, aa = 0, bb = 0;
  for (std::size_t c = 0; c < a.cols(); ++c) {
    dot += static_cast<long double>(a(i, c)) * b(j, c);
    aa += static_cast<long double>(a(i, c)) * a(i, c);
    bb += static_cast<long double>(b(j, c)) * b(j, c);
  }
  return aa == 0 || bb == 0 ? 0.0 : static_cast<double>(dot / std::sqrt(aa) / std::sqrt(bb));
}

}  // namespace derrd

#endif  // DERRD_LOSSES_TEST_COSINE_H_
