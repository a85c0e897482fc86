#include "derrd/losses/rd.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstdint>

#include "derrd/losses/sigmoid.h"

namespace derrd {

template <typename T>
double RdLoss(std::span<const T> scores, std::span<const T> weights, T scale,
              std::span<T> gradient) {
  assert(scores.size() == weights.size() && scores.size() == gradient.size());
  double loss = 0.0;
  for (std::size_t k = 0; k < scores.size(); ++k) {
    const Softplus<T> of_minus_score(-scores[k]);
    loss += static_cast<double>(weights[k] * of_minus_score.value());
    gradient[k] = -scale * weights[k] * of_minus_score.sigma;
  }
  return loss;
}

template double RdLoss(std::span<const float>, std::span<const float>, float, std::span<float>);
template double RdLoss(std::span<const double>, std::span<const double>, double, std::span<double>);

// Relative to the first position, so that a small lambda leaves it something.
std::vector<float> RdPositionWeights(std::size_t count, double lambda) {
  double sum = 0.0;
  const auto relative = [&](std::size_t k) { return std::exp(-static_cast<double>(k) / lambda); };
  for (std::size_t k = 0; k < count; ++k) sum += relative(k);
  std::vector<float> weights(count);
  for (std::size_t k = 0; k < count; ++k) weights[k] = static_cast<float>(relative(k) / sum);
  return weights;
}

void MultiplyRdDiscrepancies(std::span<const float> scores, std::span<const float> sampled,
                             std::size_t items, double mu, std::span<float> weights) {
  assert(!sampled.empty() && scores.size() == weights.size());
  for (std::size_t k = 0; k < scores.size(); ++k) {
    const float score = scores[k];
    const auto above = static_cast<std::uint64_t>(
        std::ranges::count_if(sampled, [&](float other) { return score < other; }));
    const std::uint64_t rank = (items - 1) * above / sampled.size();  // from 0, as k
    const double behind = static_cast<double>(rank) - static_cast<double>(k);
    weights[k] *= static_cast<float>(std::tanh(std::max(0.0, mu * behind)));
  }
}

}  // namespace derrd
