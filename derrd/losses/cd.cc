#include "derrd/losses/cd.h"

#include <cassert>
#include <cstddef>

#include "derrd/losses/sigmoid.h"

namespace derrd {

// -log sigma(f) = softplus(f) - f and -log(1 - sigma(f)) = softplus(f).
template <typename T>
double CdLoss(std::span<const T> scores, std::span<const T> targets, T scale,
              std::span<T> gradient) {
  assert(scores.size() == targets.size() && scores.size() == gradient.size());
  double loss = 0.0;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    const Softplus<T> of_score(scores[i]);
    loss += static_cast<double>(of_score.value() - targets[i] * scores[i]);
    gradient[i] = scale * (of_score.sigma - targets[i]);
  }
  return loss;
}

template double CdLoss(std::span<const float>, std::span<const float>, float, std::span<float>);
template double CdLoss(std::span<const double>, std::span<const double>, double, std::span<double>);

void CdTargets(double temperature, double bias, std::span<float> scores) {
  for (float& score : scores) {
    score = static_cast<float>(
        Softplus<double>((static_cast<double>(score) + bias) / temperature).sigma);
  }
}

}  // namespace derrd
