// Products and sums over rows of an embedding table, within the caches and beyond them.
#include <numeric>

#include "bench/micro/inputs.h"
#include "derrd/kernels/rows.h"

namespace derrd::bench {
namespace {

void SetRowCounters(benchmark::State& state, std::size_t rows, std::size_t width) {
  const double numbers = static_cast<double>(rows) * static_cast<double>(width);
  SetRate(state, "items", static_cast<double>(rows));
  SetBytes(state, sizeof(float) * numbers);
  SetFlops(state, 2 * numbers);
}

// Arguments: rows of the table, its width.
void BM_Dots(benchmark::State& state) {
  const auto rows = static_cast<std::size_t>(state.range(0));
  const auto width = static_cast<std::size_t>(state.range(1));
  const Matrix<float> table = RandomMatrix(rows, width);
  const Matrix<float> query = RandomMatrix(1, width);
  std::vector<float> out(rows);
  for (auto _ : state) {
    kernels::Dots(query.data(), table.data(), width, rows, out.data());
    benchmark::ClobberMemory();
  }
  SetRowCounters(state, rows, width);
}
BENCHMARK(BM_Dots)->ArgsProduct({{1000, 25182}, {20, 32, 200}})->Args({1000000, 32});

// Arguments: rows of the table, its width, rows that are gathered.
void BM_GatherDots(benchmark::State& state) {
  const auto rows = static_cast<std::size_t>(state.range(0));
  const auto width = static_cast<std::size_t>(state.range(1));
  const auto count = static_cast<std::size_t>(state.range(2));
  const Matrix<float> table = RandomMatrix(rows, width);
  const Matrix<float> query = RandomMatrix(1, width);
  const std::vector<std::int32_t> gathered = RandomRows(count, rows);
  std::vector<float> out(count);
  for (auto _ : state) {
    kernels::GatherDots(query.data(), table.data(), width, gathered.data(), count, out.data());
    benchmark::ClobberMemory();
  }
  SetRowCounters(state, count, width);
}
BENCHMARK(BM_GatherDots)
    ->ArgsProduct({{25182}, {20, 32, 200}, {80, 10000}})
    ->Args({1000000, 32, 10000});

void BM_AddWeightedRows(benchmark::State& state) {
  const auto rows = static_cast<std::size_t>(state.range(0));
  const auto width = static_cast<std::size_t>(state.range(1));
  const auto count = static_cast<std::size_t>(state.range(2));
  const Matrix<float> table = RandomMatrix(rows, width);
  const Matrix<float> weights = RandomMatrix(1, count);
  const std::vector<std::int32_t> gathered = RandomRows(count, rows);
  std::vector<float> sum(width);
  for (auto _ : state) {
    sum.assign(width, 0);
    kernels::AddWeightedRows(weights.data(), gathered.data(), count, table.data(), width, width,
                             sum.data());
    benchmark::ClobberMemory();
  }
  SetRowCounters(state, count, width);
}
BENCHMARK(BM_AddWeightedRows)
    ->ArgsProduct({{25182}, {20, 32, 200}, {4, 80}})
    ->Args({1000000, 32, 10000});

// Lists of one row each, as most are that a step sums gradients for. Arguments: rows, width, lists.
void BM_SumWeightedLists(benchmark::State& state) {
  const auto rows = static_cast<std::size_t>(state.range(0));
  const auto width = static_cast<std::size_t>(state.range(1));
  const auto count = static_cast<std::size_t>(state.range(2));
  const Matrix<float> table = RandomMatrix(rows, width);
  const Matrix<float> weights = RandomMatrix(1, count);
  const std::vector<std::int32_t> gathered = RandomRows(count, rows);
  std::vector<std::int64_t> begins(count + 1);
  std::iota(begins.begin(), begins.end(), 0);
  Matrix<float> sums(count, width);
  for (auto _ : state) {
    kernels::SumWeightedLists(weights.data(), gathered.data(), begins.data(), count, table.data(),
                              width, sums.data());
    benchmark::ClobberMemory();
  }
  SetRowCounters(state, count, width);
}
BENCHMARK(BM_SumWeightedLists)->ArgsProduct({{25182, 1000000}, {20, 200}, {2048}});

}  // namespace
}  // namespace derrd::bench
