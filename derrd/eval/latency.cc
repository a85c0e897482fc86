#include "derrd/eval/latency.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <vector>

#include "derrd/core/error.h"
#include "derrd/core/parallel.h"
#include "derrd/eval/top_k.h"

namespace derrd {
namespace {

constexpr std::size_t kQueries = 300;
constexpr std::size_t kWarmUp = 20;
constexpr std::size_t kAnswers = 10;

double Median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

}  // namespace

double MedianQueryMicroseconds(const Model& model, const Interactions& train, const Names& names) {
  using Clock = std::chrono::steady_clock;
  const FlushDenormals flush;
  TopK selector(kAnswers);
  Matrix<float> scores(1, model.items());
  const auto answer = [&](std::size_t query) {
    const auto user = static_cast<std::int32_t>(query * model.users() / kQueries);
    model.ScoreAllItems({&user, 1}, scores);
    selector.Select(
        scores.view().elements(), train.Of(static_cast<std::size_t>(user)),
        [&](std::int32_t item, float score) { FailNotFinite(names, user, item, score); });
  };
  for (std::size_t query = 0; query < kWarmUp; ++query) answer(query);
  std::vector<double> microseconds;
  for (std::size_t query = 0; query < kQueries; ++query) {
    const auto start = Clock::now();
    answer(query);
    const std::chrono::duration<double, std::micro> passed = Clock::now() - start;
    microseconds.push_back(passed.count());
  }
  return Median(std::move(microseconds));
}

double MedianQueryMicroseconds(const Model& model, const Dataset& dataset) {
  return MedianQueryMicroseconds(model, dataset.train(),
                                 Names{dataset.user_ids(), dataset.item_ids()});
}

}  // namespace derrd
