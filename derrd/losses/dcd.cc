#include "derrd/losses/dcd.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>
#include <vector>

namespace derrd {

template <typename T>
void RankDifferences(std::span<const T> scores, std::span<std::int32_t> differences) {
  assert(scores.size() == differences.size());
  thread_local std::vector<std::int32_t> order;
  order.resize(scores.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::sort(order, [&](std::int32_t a, std::int32_t b) {
    const T x = scores[static_cast<std::size_t>(a)], y = scores[static_cast<std::size_t>(b)];
    return x != y ? x > y : a < b;
  });
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    differences[static_cast<std::size_t>(order[rank])] =
        static_cast<std::int32_t>(rank) - order[rank];
  }
}

double CorrectionWeight(std::int32_t difference, double temperature) {
  constexpr double kLeast = 1e-5;
  return std::max(std::tanh(std::max(difference / temperature, 0.0)), kLeast);
}

template void RankDifferences(std::span<const float>, std::span<std::int32_t>);
template void RankDifferences(std::span<const double>, std::span<std::int32_t>);

}  // namespace derrd
