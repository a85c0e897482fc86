// The best K of a row of scores.
#include "bench/micro/inputs.h"
#include "derrd/eval/top_k.h"

namespace derrd::bench {
namespace {

// Arguments: items, k.
void BM_TopK(benchmark::State& state) {
  const auto items = static_cast<std::size_t>(state.range(0));
  const Matrix<float> scores = RandomMatrix(1, items);
  const std::vector<std::int32_t> excluded = {1, 5, 17, 400, 999};
  TopK top_k(static_cast<std::size_t>(state.range(1)));
  for (auto _ : state) {
    benchmark::DoNotOptimize(top_k.Select({scores.data(), items}, excluded, {}).data());
  }
  SetRate(state, "items", static_cast<double>(items));
  SetBytes(state, sizeof(float) * static_cast<double>(items));
}
BENCHMARK(BM_TopK)->ArgsProduct({{25182, 1000000}, {10, 100, 500, 3000}});

}  // namespace
}  // namespace derrd::bench
