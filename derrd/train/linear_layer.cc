#include "derrd/train/linear_layer.h"

#include <cmath>

#include "derrd/core/initial_values.h"

namespace derrd {

void DrawLinearLayer(DenseParameter& weights, DenseParameter& biases, std::size_t fan_in,
                     std::uint64_t seed, Role role, std::uint64_t number) {
  const float bound = 1.0f / std::sqrt(static_cast<float>(fan_in));
  std::uint64_t part = 0;
  for (Matrix<float>* matrix : {&weights.values, &biases.values}) {
    DrawUniform(*matrix, bound, RandomStream(seed, role, number, part++));
  }
}

}  // namespace derrd
