// Random draws, the epoch's order, and what it costs to hand out tasks.
#include <algorithm>
#include <numeric>

#include "bench/micro/inputs.h"
#include "derrd/core/parallel.h"
#include "derrd/core/samplers.h"

namespace derrd::bench {
namespace {

constexpr std::size_t kItems = 100'000;

std::vector<std::int32_t> Observed(std::size_t count) {
  std::vector<std::int32_t> observed = RandomRows(count, kItems);
  std::ranges::sort(observed);
  observed.erase(std::unique(observed.begin(), observed.end()), observed.end());
  return observed;
}

// As training draws negatives: many together, a stream of its own for each.
// Argument: items that a user has.
void BM_DrawNegatives(benchmark::State& state) {
  constexpr std::size_t kTogether = 256;
  const std::vector<std::int32_t> own = Observed(static_cast<std::size_t>(state.range(0)));
  const std::vector<std::span<const std::int32_t>> observed(kTogether, own);
  std::vector<std::uint64_t> entities(kTogether);
  std::iota(entities.begin(), entities.end(), 0);
  std::vector<kernels::PhiloxBlock> first(kTogether);
  std::vector<std::uint32_t> ranks(kTogether);
  std::vector<std::int32_t> out(kTogether);
  for (auto _ : state) {
    RandomStream::FirstDraws(1, Role::kNegative, 0, entities, first);
    for (std::size_t i = 0; i < kTogether; ++i) {
      RandomStream stream(1, Role::kNegative, 0, entities[i], first[i]);
      ranks[i] = stream.Below(static_cast<std::uint32_t>(kItems - own.size()));
    }
    NthUnobserved(observed, kItems, ranks, out);
    benchmark::ClobberMemory();
  }
  SetRate(state, "items", kTogether);
}
BENCHMARK(BM_DrawNegatives)->Arg(10)->Arg(100)->Arg(10000);

// Argument: items drawn for a user.
void BM_DistinctSampler(benchmark::State& state) {
  const std::vector<std::int32_t> observed = Observed(100);
  DistinctSampler sampler(kItems);
  std::vector<std::int32_t> out(static_cast<std::size_t>(state.range(0)));
  std::uint64_t entity = 0;
  for (auto _ : state) {
    RandomStream stream(1, Role::kUninteresting, 0, entity++);
    sampler.Sample(observed, stream, out);
    benchmark::ClobberMemory();
  }
  SetRate(state, "items", static_cast<double>(out.size()));
}
BENCHMARK(BM_DistinctSampler)->Arg(40)->Arg(499);

// RRD's interesting items: 40 of the first 500 positions.
void BM_PositionSampler(benchmark::State& state) {
  PositionSampler sampler(500, 10);
  std::uint64_t entity = 0;
  for (auto _ : state) {
    RandomStream stream(1, Role::kInteresting, 0, entity++);
    benchmark::DoNotOptimize(sampler.Sample(40, stream).data());
  }
  SetRate(state, "users", 1);
}
BENCHMARK(BM_PositionSampler);

// Argument: interactions of an epoch.
void BM_RandomPermutation(benchmark::State& state) {
  const auto n = static_cast<std::uint64_t>(state.range(0));
  const RandomPermutation permutation(1, Role::kPermutation, 0, n);
  std::uint64_t i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(permutation(i));
    if (++i == n) i = 0;
  }
  SetRate(state, "items", 1);
}
BENCHMARK(BM_RandomPermutation)->Arg(114'000)->Arg(100'000'000);

// Arguments: threads, tasks.
void BM_ParallelFor(benchmark::State& state) {
  const Parallel parallel(static_cast<int>(state.range(0)));
  const auto tasks = static_cast<std::size_t>(state.range(1));
  for (auto _ : state) {
    parallel.For(tasks, [](std::size_t i) { benchmark::DoNotOptimize(i); });
  }
  SetRate(state, "tasks", static_cast<double>(tasks));
}
BENCHMARK(BM_ParallelFor)->ArgsProduct({{1, 2}, {2, 64}})->UseRealTime();

}  // namespace
}  // namespace derrd::bench
