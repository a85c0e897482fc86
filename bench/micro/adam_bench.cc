// Adam: a step of parameters that lie in the caches and in memory, and the replay of sleeping rows.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "bench/micro/inputs.h"
#include "derrd/core/parallel.h"
#include "derrd/kernels/adam.h"

namespace derrd::bench {
namespace {

constexpr kernels::AdamConstants kConstants = {0.9f, 0.999f, 1e-8f, 1e-3f};

kernels::AdamStepScale ScaleOf(int step) {
  return {static_cast<float>(1e-3 / (1 - std::pow(0.9, step))),
          static_cast<float>(1 / std::sqrt(1 - std::pow(0.999, step)))};
}

// Argument: parameters.
void BM_AdamStep(benchmark::State& state) {
  const FlushDenormals flush;
  const auto n = static_cast<std::size_t>(state.range(0));
  Matrix<float> w = RandomMatrix(1, n), m(1, n), v(1, n);
  const Matrix<float> gradient = RandomMatrix(1, n, 0.1f);
  const kernels::AdamStepScale scale = ScaleOf(100);
  for (auto _ : state) {
    kernels::AdamStep(w.data(), m.data(), v.data(), gradient.data(), n, scale, kConstants);
    benchmark::ClobberMemory();
  }
  SetRate(state, "parameter-steps", static_cast<double>(n));
  SetBytes(state, 7.0 * sizeof(float) * static_cast<double>(n));
}
BENCHMARK(BM_AdamStep)->Arg(4096)->Arg(1 << 24);

// Argument: rows of 64 numbers in all; each thread has its part of them, and moves random batches.
// The time is a batch's, of both threads together: what memory alone asks of row-adam, by how many
// rows there are. A row may come twice in a batch, one time after the other.
void BM_AdamStepRows(benchmark::State& state) {
  const FlushDenormals flush;
  constexpr std::size_t kWidth = 64, kBatch = 1024, kBatches = 512;
  const auto rows = static_cast<std::size_t>(state.range(0) / state.threads());
  Matrix<float> w(rows, kWidth), m(rows, kWidth), v(rows, kWidth);
  const std::vector<std::int32_t> numbers = RandomRows(kBatch * kBatches, rows);
  const Matrix<float> gradients = RandomMatrix(kBatch, kWidth, 0.1f);
  const kernels::AdamStepScale scale = ScaleOf(100);
  std::size_t batch = 0;
  for (auto _ : state) {
    kernels::AdamStepRows({w.data(), m.data(), v.data(), kWidth},
                          {numbers.data() + batch * kBatch, kBatch}, gradients.data(), scale,
                          kConstants);
    benchmark::ClobberMemory();
    batch = (batch + 1) % kBatches;
  }
}
BENCHMARK(BM_AdamStepRows)->Arg(75000)->Arg(750000)->Arg(3000000)->Threads(2)->UseRealTime();

// Arguments: rows, their width, steps that each is behind.
void BM_AdamReplay(benchmark::State& state) {
  const FlushDenormals flush;
  const auto rows = static_cast<std::size_t>(state.range(0));
  const auto width = static_cast<std::size_t>(state.range(1));
  const auto steps = static_cast<std::int32_t>(state.range(2));
  const Matrix<float> fresh = RandomMatrix(rows, width);
  Matrix<float> w(rows, width), m(rows, width), v(rows, width);
  std::vector<std::int32_t> numbers(rows), from(rows, 0);
  std::iota(numbers.begin(), numbers.end(), 0);
  std::vector<kernels::AdamStepScale> scales(1);
  for (int t = 1; t <= steps; ++t) scales.push_back(ScaleOf(t));
  for (auto _ : state) {
    state.PauseTiming();  // values that L2 has shrunk to nothing are no honest work
    std::ranges::copy(fresh.view().elements(), w.data());
    std::ranges::copy(fresh.view().elements(), m.data());
    std::ranges::transform(fresh.view().elements(), v.data(), [](float x) { return x * x; });
    state.ResumeTiming();
    kernels::AdamReplay({w.data(), m.data(), v.data(), width}, numbers.data(), from.data(), rows,
                        steps, scales.data(), kConstants);
    benchmark::ClobberMemory();
  }
  SetRate(state, "parameter-steps", static_cast<double>(fresh.size()) * steps);
}
BENCHMARK(BM_AdamReplay)->ArgsProduct({{4096}, {20, 32, 200}, {1, 10, 100}});

}  // namespace
}  // namespace derrd::bench
