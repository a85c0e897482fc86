// Random choices among a user's items. Each is a function of (seed, role, step, entity).
#ifndef DERRD_TRAIN_SAMPLERS_H_
#define DERRD_TRAIN_SAMPLERS_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "derrd/core/random.h"

namespace derrd {

// The r-th (from 0) of the items in [0, items) that are not in `observed` (ascending, distinct);
// r < items - observed.size(). O(log observed).
std::int32_t NthUnobserved(std::span<const std::int32_t> observed, std::uint32_t r);

// One item, uniformly from those not in `observed`, of which there is at least one. One draw.
std::int32_t SampleUnobserved(std::span<const std::int32_t> observed, std::size_t items,
                              RandomStream& stream);

// out.size() distinct items, uniformly from those not in `excluded` (ascending, distinct); there
// must be that many. Floyd's method: one draw an item. O(n^2) comparisons for n = out.size().
void SampleDistinctUnobserved(std::span<const std::int32_t> excluded, std::size_t items,
                              RandomStream& stream, std::span<std::int32_t> out);

// Positions of a ranking, drawn without replacement with probability proportional to
// exp(-position / temperature) (RRD, CIKM 2020, section 3.2.1), by the Gumbel-top-k trick, which is
// the same as drawing one after the other. Not thread-safe; make one a task.
class PositionSampler {
 public:
  // length: how many positions there are; temperature > 0.
  PositionSampler(std::size_t length, double temperature)
      : inverse_temperature_(static_cast<float>(1.0 / temperature)), keys_(length) {}

  // count <= length distinct positions, ascending, valid until the next call. O(length).
  std::span<const std::int32_t> Sample(std::size_t count, RandomStream& stream);

 private:
  struct Key {
    float value;
    std::int32_t position;
  };
  float inverse_temperature_;
  std::vector<Key> keys_;
  std::vector<std::int32_t> chosen_;
};

}  // namespace derrd

#endif  // DERRD_TRAIN_SAMPLERS_H_
