// The linear layers that terms learn beside the student.
#ifndef DERRD_TRAIN_LINEAR_LAYER_H_
#define DERRD_TRAIN_LINEAR_LAYER_H_

#include <cstddef>
#include <cstdint>

#include "derrd/core/parameter.h"
#include "derrd/core/random.h"

namespace derrd {

// Initial weights and biases as PyTorch's linear layers have them: both from U(-1/sqrt(fan_in),
// 1/sqrt(fan_in)), as functions of (seed, role, number); `number` tells the layers of a role apart.
void DrawLinearLayer(DenseParameter& weights, DenseParameter& biases, std::size_t fan_in,
                     std::uint64_t seed, Role role, std::uint64_t number);

}  // namespace derrd

#endif  // DERRD_TRAIN_LINEAR_LAYER_H_
