#include "derrd/train/linear_layer.h"

#include <cmath>

namespace derrd {

void DrawLinearLayer(DenseParameter& weights, DenseParameter& biases, std::size_t fan_in,
                     std::uint64_t seed, Role role, std::uint64_t number) {
  const float bound = 1.0f / std::sqrt(static_cast<float>(fan_in));
  std::uint64_t part = 0;
  for (Matrix<float>* matrix : {&weights.values, &biases.values}) {
    RandomStream stream(seed, role, number, part++);
    for (float& value : matrix->view().elements()) value = bound * (2.0f * stream.Uniform() - 1.0f);
  }
}

}  // namespace derrd
