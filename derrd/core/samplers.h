// Random choices among a user's items. Each is a function of (seed, role, step, entity).
#ifndef DERRD_CORE_SAMPLERS_H_
#define DERRD_CORE_SAMPLERS_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "derrd/core/random.h"

namespace derrd {

// The r-th (from 0) of the items in [0, items) that are not in `observed` (ascending, distinct);
// r < items - observed.size(). O(log observed).
std::int32_t NthUnobserved(std::span<const std::int32_t> observed, std::uint32_t r);

// The same of several lists, out[l] = NthUnobserved(observed[l], r[l]), whose searches overlap. A
// long list is read near the answer alone where its numbers are spread evenly over [0, items).
void NthUnobserved(std::span<const std::span<const std::int32_t>> observed, std::size_t items,
                   std::span<const std::uint32_t> r, std::span<std::int32_t> out);

// One item, uniformly from those not in `observed`, of which there is at least one. One draw.
std::int32_t SampleUnobserved(std::span<const std::int32_t> observed, std::size_t items,
                              RandomStream& stream);

// Draws sets of items without replacement. Not thread-safe; make one a task.
class DistinctSampler {
 public:
  explicit DistinctSampler(std::size_t items) : items_(items) {}

  // out.size() distinct items, every such set as likely, from those not in `excluded` (ascending,
  // distinct); there must be that many. In no particular order. Floyd's method (Bentley, "A sample
  // of brilliance", CACM 1987): one draw an item, no rejection. O(out log excluded).
  void Sample(std::span<const std::int32_t> excluded, RandomStream& stream,
              std::span<std::int32_t> out);

 private:
  bool Take(std::int32_t item);  // whether it was free

  std::size_t items_;
  std::vector<std::int32_t> taken_;  // hashed, open addressing; at most half full
};

// Positions of a ranking, drawn without replacement, early ones with a higher probability, by the
// Gumbel-top-k trick, which is the same as drawing one after the other. Not thread-safe; make one a
// task.
class PositionSampler {
 public:
  // With probability proportional to exp(-position / temperature) (RRD, CIKM 2020, section 3.2.1).
  // length: how many positions there are; temperature > 0.
  PositionSampler(std::size_t length, double temperature);
  // With probability proportional to exp(log_weights[position]), which must not ascend.
  explicit PositionSampler(std::vector<float> log_weights) : log_weights_(std::move(log_weights)) {}

  // count <= length distinct positions, ascending, valid until the next call. O(length), less where
  // the weights fall: O(count + 20 temperature) with the first of the constructors.
  std::span<const std::int32_t> Sample(std::size_t count, RandomStream& stream);

 private:
  struct Key {
    float value;
    std::int32_t position;
  };
  static constexpr std::size_t kChunk = 64;

  std::vector<float> log_weights_;  // one a position
  std::vector<Key> keys_;
  std::vector<std::int32_t> chosen_;
};

// Positions drawn without replacement, one after the other, each in proportion to its weight among
// those left, by the Gumbel-top-k trick. Weights come as logarithms, so that they may differ by any
// factor. Not thread-safe; make one a task.
class WeightedSampler {
 public:
  // count <= log_weights.size() distinct positions, ascending, valid until the next call. One draw
  // a position, O(positions + count log count).
  std::span<const std::int32_t> Sample(std::span<const float> log_weights, std::size_t count,
                                       RandomStream& stream);

 private:
  std::vector<float> keys_;
  std::vector<std::int32_t> chosen_;
};

}  // namespace derrd

#endif  // DERRD_CORE_SAMPLERS_H_
