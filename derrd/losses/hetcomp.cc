#include "derrd/losses/hetcomp.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <vector>

#include "derrd/kernels/exp_log.h"
#include "derrd/kernels/vectors.h"
#include "derrd/losses/rrd.h"
#include "derrd/losses/sigmoid.h"

namespace derrd {
namespace {

template <typename T>
double PlackettLuce(std::span<const T> order, std::span<const T> tail, T weight,
                    std::span<T> order_gradient, T* tail_gradient) {
  const std::span<T> tail_gradients(tail_gradient, tail.size());
  if (!order.empty()) return RrdLoss(order, tail, weight, order_gradient, tail_gradients);
  std::ranges::fill(tail_gradients, T{0});
  return 0.0;
}

}  // namespace

// With log E = log sum_R exp f_r an item's loss is softplus(log E - f), and each item of R is asked
// for the sum of their slopes in proportion to its share in E.
template <typename T>
double HetCompOverallLoss(std::span<const T> observed, std::span<const T> unobserved,
                          std::size_t top, T weight, std::span<T> observed_gradient,
                          std::span<T> unobserved_gradient) {
  const auto rest = unobserved.subspan(top);
  const auto rest_gradient = unobserved_gradient.subspan(top);
  if (rest.empty()) {
    // Nothing is left to stand behind, but what is not finite must show.
    std::ranges::fill(observed_gradient, T{0});
    std::ranges::fill(unobserved_gradient, T{0});
    double nothing = 0.0;
    for (const auto& scores : {observed, unobserved}) {
      for (const T f : scores) nothing += 0.0 * static_cast<double>(f);
    }
    return nothing;
  }
  const T highest = *std::ranges::max_element(rest);
  kernels::ExpOfDifference(rest.data(), highest, rest.size(), rest_gradient.data());
  double sum = 0.0;
  for (const T share : rest_gradient) sum += static_cast<double>(share);
  const double log_sum = static_cast<double>(highest) + std::log(sum);
  double loss = 0.0, slopes = 0.0;
  const auto add = [&](std::span<const T> scores, std::span<T> gradient) {
    for (std::size_t i = 0; i < scores.size(); ++i) {
      const Softplus<double> term(log_sum - static_cast<double>(scores[i]));
      loss += term.value();
      slopes += term.sigma;
      gradient[i] = static_cast<T>(-static_cast<double>(weight) * term.sigma);
    }
  };
  add(observed, observed_gradient);
  add(unobserved.first(top), unobserved_gradient.first(top));
  kernels::Scale(static_cast<T>(static_cast<double>(weight) * slopes / sum), rest.size(),
                 rest_gradient.data());
  return loss;
}

template <typename T>
double HetCompRankingLoss(std::span<const T> observed, std::span<const T> unobserved,
                          std::size_t top, T weight, std::span<T> observed_gradient,
                          std::span<T> unobserved_gradient) {
  const std::size_t half = top / 2, few = top / 10;
  thread_local std::vector<T> more;
  more.resize(unobserved.size());
  const double of_half =
      PlackettLuce(unobserved.first(half), unobserved.subspan(half), weight / 2,
                   unobserved_gradient.first(half), unobserved_gradient.data() + half);
  const double of_few = PlackettLuce(unobserved.first(few), unobserved.subspan(few), weight / 2,
                                     std::span<T>(more).first(few), more.data() + few);
  kernels::AddScaled(T{1}, more.data(), more.size(), unobserved_gradient.data());
  const double of_observed = PlackettLuce(observed, unobserved.subspan(half), weight,
                                          observed_gradient, more.data() + half);
  kernels::AddScaled(T{1}, more.data() + half, more.size() - half,
                     unobserved_gradient.data() + half);
  return of_observed + (of_half + of_few) / 2;
}

double HetCompDiscrepancy(std::span<const std::int32_t> student,
                          std::span<const std::int32_t> teacher) {
  assert(!student.empty() && student.size() == teacher.size());
  thread_local std::vector<std::int32_t> relevant;
  relevant.assign(teacher.begin(), teacher.end());
  std::ranges::sort(relevant);
  double gained = 0.0, most = 0.0;
  for (std::size_t t = 0; t < student.size(); ++t) {
    const auto position = static_cast<double>(t);
    const double gain =
        std::expm1(std::log(2.0) * std::exp(-position / 10)) / std::log2(position + 2);
    most += gain;
    if (std::ranges::binary_search(relevant, student[t])) gained += gain;
  }
  return 1.0 - std::round(1e4 * gained / most) / 1e4;
}

template double HetCompOverallLoss(std::span<const float>, std::span<const float>, std::size_t,
                                   float, std::span<float>, std::span<float>);
template double HetCompOverallLoss(std::span<const double>, std::span<const double>, std::size_t,
                                   double, std::span<double>, std::span<double>);
template double HetCompRankingLoss(std::span<const float>, std::span<const float>, std::size_t,
                                   float, std::span<float>, std::span<float>);
template double HetCompRankingLoss(std::span<const double>, std::span<const double>, std::size_t,
                                   double, std::span<double>, std::span<double>);

}  // namespace derrd
