// What the benchmarks work on, and how they say how fast they are.
#ifndef DERRD_BENCH_MICRO_INPUTS_H_
#define DERRD_BENCH_MICRO_INPUTS_H_

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "derrd/core/matrix.h"
#include "derrd/core/random.h"

namespace derrd::bench {

// Uniform in (-scale, scale).
inline Matrix<float> RandomMatrix(std::size_t rows, std::size_t cols, float scale = 1.0f) {
  Matrix<float> matrix(rows, cols);
  RandomStream stream(1, Role::kTest, rows, cols);
  for (float& x : matrix.view().elements()) x = scale * (2 * stream.Uniform() - 1);
  return matrix;
}

inline std::vector<std::int32_t> RandomRows(std::size_t count, std::size_t rows) {
  RandomStream stream(2, Role::kTest, count, rows);
  std::vector<std::int32_t> result(count);
  for (auto& row : result) {
    row = static_cast<std::int32_t>(stream.Below(static_cast<std::uint32_t>(rows)));
  }
  return result;
}

// Floating-point operations of one iteration, shown as a rate.
inline void SetFlops(benchmark::State& state, double flops) {
  state.counters["flop/s"] =
      benchmark::Counter(flops, benchmark::Counter::kIsIterationInvariantRate);
}
inline void SetBytes(benchmark::State& state, double bytes) {
  state.counters["bytes/s"] =
      benchmark::Counter(bytes, benchmark::Counter::kIsIterationInvariantRate);
}
// `what` in the plural: "items", "parameter-steps".
inline void SetRate(benchmark::State& state, const std::string& what, double count) {
  state.counters[what + "/s"] =
      benchmark::Counter(count, benchmark::Counter::kIsIterationInvariantRate);
}

}  // namespace derrd::bench

#endif  // DERRD_BENCH_MICRO_INPUTS_H_
