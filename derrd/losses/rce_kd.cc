#include "derrd/losses/rce_kd.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <vector>

#include "derrd/kernels/exp_log.h"

namespace derrd {
namespace {

// out = exp((scores - the highest of them) / tau); returns their sum.
template <typename T>
double Exponentials(std::span<const T> scores, double temperature, std::span<T> out) {
  const auto highest = static_cast<double>(*std::ranges::max_element(scores));
  for (std::size_t i = 0; i < scores.size(); ++i) {
    out[i] = static_cast<T>((static_cast<double>(scores[i]) - highest) / temperature);
  }
  kernels::ExpOfDifference(out.data(), T(0), out.size(), out.data());
  double sum = 0.0;
  for (const T x : out) sum += static_cast<double>(x);
  return sum;
}

// CE(list), and weight times its gradient.
template <typename T>
double SoftCrossEntropy(const ScoresOfBoth<T>& list, double temperature, double weight,
                        std::span<T> gradient) {
  assert(!list.student.empty() && list.student.size() == list.teacher.size());
  thread_local std::vector<T> wanted;
  wanted.resize(list.teacher.size());
  const double wanted_sum = Exponentials<T>(list.teacher, temperature, wanted);
  const double sum = Exponentials<T>(list.student, temperature, gradient);
  const double highest = static_cast<double>(*std::ranges::max_element(list.student));
  double loss = std::log(sum);
  for (std::size_t i = 0; i < gradient.size(); ++i) {
    const double p = static_cast<double>(wanted[i]) / wanted_sum;
    loss += p * (highest - static_cast<double>(list.student[i])) / temperature;
    gradient[i] =
        static_cast<T>(weight / temperature * (static_cast<double>(gradient[i]) / sum - p));
  }
  return loss;
}

}  // namespace

template <typename T>
double RceKdLoss(const ScoresOfBoth<T>& top, const ScoresOfBoth<T>& drawn, const RceKdShape& shape,
                 T weight, std::span<T> top_gradient, std::span<T> drawn_gradient) {
  const double of_drawn = std::exp(-shape.beta * shape.overlap), of_top = 1.0 - of_drawn;
  const auto scale = static_cast<double>(weight);
  return of_top * SoftCrossEntropy(top, shape.temperature, scale * of_top, top_gradient) +
         of_drawn * SoftCrossEntropy(drawn, shape.temperature, scale * of_drawn, drawn_gradient);
}

void RceKdLogWeights(std::span<const std::int32_t> pool, std::span<const std::int32_t> teacher_top,
                     double temperature, std::span<float> log_weights) {
  constexpr int kMost = 50;  // more than this count no more
  std::vector<std::int32_t> wanted(teacher_top.begin(), teacher_top.end());
  std::ranges::sort(wanted);
  int at_or_below = 0;
  for (std::size_t p = pool.size(); p-- > 0;) {
    if (std::ranges::binary_search(wanted, pool[p])) ++at_or_below;
    log_weights[p] = static_cast<float>((1 + std::min(at_or_below, kMost)) / temperature);
  }
}

template double RceKdLoss(const ScoresOfBoth<float>&, const ScoresOfBoth<float>&, const RceKdShape&,
                          float, std::span<float>, std::span<float>);
template double RceKdLoss(const ScoresOfBoth<double>&, const ScoresOfBoth<double>&,
                          const RceKdShape&, double, std::span<double>, std::span<double>);

}  // namespace derrd
