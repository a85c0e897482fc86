// Matrix products at the shapes of the distillation experts, and a large one as the machine's peak.
#include "bench/micro/inputs.h"
#include "derrd/kernels/gemm.h"
#include "derrd/kernels/small_gemm.h"

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

// The six products of a step through 60 experts (20 numbers to 110 to 200, and back) and nothing
// else: what a routed step of DE has for a limit. Each expert has weights and gradients of its own,
// which together are too many for a core's caches. Argument: rows of each expert; on
// citeulike-loo, once one expert an entity is left, 45 on average.
void BM_ExpertProducts(benchmark::State& state) {
  using kernels::Op;
  constexpr std::size_t kExperts = 60, kIn = 20, kHidden = 110, kOut = 200;
  const auto rows = static_cast<std::size_t>(state.range(0));
  const Matrix<float> first = RandomMatrix(kExperts * kIn, kHidden);
  const Matrix<float> second = RandomMatrix(kExperts * kHidden, kOut);
  Matrix<float> first_gradient(kExperts * kIn, kHidden);
  Matrix<float> second_gradient(kExperts * kHidden, kOut);
  const Matrix<float> input = RandomMatrix(rows, kIn);
  Matrix<float> hidden(rows, kHidden), output(rows, kOut), input_gradient(rows, kIn);
  const auto product = [](Op a_op, Op b_op, std::size_t m, std::size_t n, std::size_t k,
                          const float* a, std::size_t a_stride, const float* b,
                          std::size_t b_stride, float* c) {
    kernels::SmallGemm(a_op, b_op, m, n, k, a, a_stride, b, b_stride, false, c, n);
  };
  for (auto _ : state) {
    for (std::size_t e = 0; e < kExperts; ++e) {
      const float *w1 = first.row(e * kIn), *w2 = second.row(e * kHidden);
      float *g1 = first_gradient.row(e * kIn), *g2 = second_gradient.row(e * kHidden);
      constexpr Op n = Op::kNone, t = Op::kTranspose;
      product(n, n, rows, kHidden, kIn, input.data(), kIn, w1, kHidden, hidden.data());
      product(n, n, rows, kOut, kHidden, hidden.data(), kHidden, w2, kOut, output.data());
      product(t, n, kHidden, kOut, rows, hidden.data(), kHidden, output.data(), kOut, g2);
      product(n, t, rows, kHidden, kOut, output.data(), kOut, w2, kOut, hidden.data());
      product(t, n, kIn, kHidden, rows, input.data(), kIn, hidden.data(), kHidden, g1);
      product(n, t, rows, kIn, kHidden, hidden.data(), kHidden, w1, kHidden, input_gradient.data());
    }
    benchmark::ClobberMemory();
  }
  SetFlops(state, 6.0 * static_cast<double>(kExperts * rows * kHidden * (kIn + kOut)));
}
BENCHMARK(BM_ExpertProducts)->Arg(12)->Arg(45)->Arg(150)->Arg(1300);

}  // namespace
}  // namespace derrd::bench
