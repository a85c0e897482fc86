// Losses with their gradients: BPR, RRD, and DE while every expert counts and when one an entity is
// left.
#include "bench/micro/inputs.h"
#include "derrd/core/parallel.h"
#include "derrd/losses/bpr.h"
#include "derrd/losses/de.h"
#include "derrd/losses/rrd.h"

namespace derrd::bench {
namespace {

// Argument: pairs.
void BM_BprLoss(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0));
  const Matrix<float> scores = RandomMatrix(2, n);
  Matrix<float> gradients(2, n);
  for (auto _ : state) {
    benchmark::DoNotOptimize(BprLoss<float>({scores.row(0), n}, {scores.row(1), n},
                                            {gradients.row(0), n}, {gradients.row(1), n}));
  }
  SetRate(state, "pairs", static_cast<double>(n));
}
BENCHMARK(BM_BprLoss)->Arg(1024);

// Arguments: interesting items, uninteresting items, of one user.
void BM_RrdLoss(benchmark::State& state) {
  const auto k = static_cast<std::size_t>(state.range(0));
  const auto l = static_cast<std::size_t>(state.range(1));
  const Matrix<float> first = RandomMatrix(1, k), second = RandomMatrix(1, l);
  Matrix<float> first_gradient(1, k), second_gradient(1, l);
  for (auto _ : state) {
    benchmark::DoNotOptimize(RrdLoss<float>({first.data(), k}, {second.data(), l}, 1.0f,
                                            {first_gradient.data(), k},
                                            {second_gradient.data(), l}));
  }
  SetRate(state, "users", 1);
  SetRate(state, "items", static_cast<double>(k + l));
}
BENCHMARK(BM_RrdLoss)->Args({40, 40})->Args({100, 200});

struct Experts {
  explicit Experts(const ExpertShape& s)
      : first(RandomMatrix(s.experts * s.student_width, s.hidden_width, 0.2f)),
        first_bias(RandomMatrix(s.experts, s.hidden_width, 0.2f)),
        second(RandomMatrix(s.experts * s.hidden_width, s.teacher_width, 0.2f)),
        second_bias(RandomMatrix(s.experts, s.teacher_width, 0.2f)),
        selection(RandomMatrix(s.teacher_width, s.experts, 0.2f)),
        selection_bias(RandomMatrix(1, s.experts, 0.2f)) {}

  ExpertTensors<float> View() {
    return {first, first_bias, second, second_bias, selection, selection_bias};
  }
  ExpertTensors<const float> ConstView() const {
    return {first, first_bias, second, second_bias, selection, selection_bias};
  }

  Matrix<float> first, first_bias, second, second_bias, selection, selection_bias;
};

// One side of a step of 2,670 distinct entities, 20 numbers from 200, 30 experts.
void RunDe(benchmark::State& state, const DeOptions& options) {
  constexpr std::size_t kRows = 2670;
  const ExpertShape shape = ExpertShape::For(30, 20, 200);
  const Experts weights(shape);
  Experts gradients(shape);
  const Matrix<float> student = RandomMatrix(kRows, shape.student_width);
  const Matrix<float> teacher = RandomMatrix(kRows, shape.teacher_width);
  const Matrix<float> gumbel = RandomMatrix(kRows, shape.experts);
  const std::vector<float> row_weights(kRows, 1.0f);
  Matrix<float> student_gradient(kRows, shape.student_width);
  const Parallel parallel(static_cast<int>(state.range(0)));
  DeLoss<float> loss(shape);
  for (auto _ : state) {
    benchmark::DoNotOptimize(loss.Compute(weights.ConstView(), student, teacher, gumbel,
                                          row_weights, options, gradients.View(), student_gradient,
                                          parallel));
  }
  const double layers = static_cast<double>(shape.hidden_width) *
                        static_cast<double>(shape.student_width + shape.teacher_width);
  const double selection = static_cast<double>(shape.experts * shape.teacher_width);
  SetRate(state, "entities", static_cast<double>(kRows));
  SetFlops(state, 6 * layers * static_cast<double>(loss.routed_pairs()) +
                      4 * selection * static_cast<double>(kRows));
}

// Argument: threads.
void BM_DeDense(benchmark::State& state) { RunDe(state, {1.0, 0.0}); }
void BM_DeOneHot(benchmark::State& state) { RunDe(state, {1e-10, 1e-3}); }
BENCHMARK(BM_DeDense)->DenseRange(1, 2)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(BM_DeOneHot)->DenseRange(1, 2)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace derrd::bench
