// Matrix products at the shapes of the distillation experts, and a large one as the machine's peak.
#include "bench/micro/inputs.h"
#include "derrd/kernels/gemm.h"

namespace derrd::bench {
namespace {

// Arguments: m, n, k.
void BM_Gemm(benchmark::State& state) {
  const auto m = static_cast<std::size_t>(state.range(0));
  const auto n = static_cast<std::size_t>(state.range(1));
  const auto k = static_cast<std::size_t>(state.range(2));
  const Matrix<float> a = RandomMatrix(m, k), b = RandomMatrix(k, n);
  Matrix<float> c(m, n);
  for (auto _ : state) {
    kernels::Gemm(kernels::Op::kNone, kernels::Op::kNone, m, n, k, 1.0f, a.data(), k, b.data(), n,
                  0.0f, c.data(), n);
    benchmark::ClobberMemory();
  }
  SetFlops(state, 2.0 * static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k));
}
BENCHMARK(BM_Gemm)
    ->Args({1000, 110, 20})
    ->Args({1000, 200, 110})
    ->Args({64, 110, 20})
    ->Args({64, 200, 110})
    ->Args({2048, 2048, 2048});

}  // namespace
}  // namespace derrd::bench
