// Ceilings: how fast memory is read, and read and written as Adam does it, by one core and by two.
// Each thread has buffers of its own, far larger than the caches.
#include <cstdint>
#include <vector>

#include "bench/micro/inputs.h"

namespace derrd::bench {
namespace {

constexpr std::size_t kNumbers = std::size_t{1} << 24;

// Integers, because the compiler may reorder their sum and so uses vectors.
std::uint32_t Sum(const std::vector<std::uint32_t>& numbers) {
  std::uint32_t sum = 0;
  for (const std::uint32_t number : numbers) sum += number;
  return sum;
}

void BM_MemoryRead(benchmark::State& state) {
  const std::vector<std::uint32_t> numbers(8 * kNumbers, 1);
  for (auto _ : state) benchmark::DoNotOptimize(Sum(numbers));
  SetBytes(state, sizeof(std::uint32_t) * static_cast<double>(numbers.size()));
}
BENCHMARK(BM_MemoryRead)->ThreadRange(1, 2)->UseRealTime();

// Reads a gradient, reads and writes values and two moments: 28 bytes a parameter.
void BM_MemoryReadWriteLikeAdam(benchmark::State& state) {
  const std::vector<std::uint32_t> gradient(kNumbers, 1);
  std::vector<std::uint32_t> w(kNumbers, 1), m(kNumbers, 2), v(kNumbers, 3);
  for (auto _ : state) {
    for (std::size_t i = 0; i < kNumbers; ++i) {
      m[i] += gradient[i];
      v[i] ^= gradient[i];
      w[i] -= m[i] + v[i];
    }
    benchmark::ClobberMemory();
  }
  SetBytes(state, 7.0 * sizeof(std::uint32_t) * kNumbers);
}
BENCHMARK(BM_MemoryReadWriteLikeAdam)->ThreadRange(1, 2)->UseRealTime();

}  // namespace
}  // namespace derrd::bench
