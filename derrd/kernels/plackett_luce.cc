#include "derrd/kernels/plackett_luce.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "derrd/kernels/plackett_luce.cc"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include "derrd/kernels/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace derrd::kernels::HWY_NAMESPACE {

template <typename T>
HWY_INLINE T SumOf(const T* x, std::size_t n) {
  const Tag<T> d;
  auto sum = hn::Zero(d);
  for (std::size_t i = 0; i < n; i += hn::Lanes(d)) sum = hn::Add(sum, LoadUpTo(x + i, n - i));
  return hn::GetLane(hn::SumOfLanes(d, sum));
}

template <typename T>
HWY_INLINE T MaxOf(T start, const T* x, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) start = std::max(start, x[i]);
  return start;
}

// With D_k the sum behind position k, H_k the highest score in it and S_k = D_k / exp H_k,
//   S_k = S_{k+1} exp(H_{k+1} - H_k) + exp(f_k - H_k)      with every exponent at most 0, S_k >= 1
//   c_k = sum_{i<=k} D_k / D_i = c_{k-1} D_k / D_{k-1} + 1, in [1, k]
// and the gradient is exp(f_k) / D_k c_k - 1 for f_k and exp(t_j) / D_K c_K for t_j. Exponentials,
// logarithms and divisions are done all at once; only the two recurrences run one by one.
template <typename T>
HWY_INLINE double PlackettLuceOf(const T* HWY_RESTRICT order, std::size_t count,
                                 const T* HWY_RESTRICT tail, std::size_t tail_count, T weight,
                                 T* HWY_RESTRICT order_gradient, T* HWY_RESTRICT tail_gradient,
                                 T* HWY_RESTRICT work) {
  const Tag<T> d;
  T *highest = work, *step = work + count, *share = work + 2 * count, *sum = work + 3 * count;
  const std::size_t last = count - 1;
  const T top = MaxOf(order[last], tail, tail_count);
  highest[last] = top;
  for (std::size_t k = last; k-- > 0;) highest[k] = std::max(highest[k + 1], order[k]);

  // The tail's memory holds exp(t_j - H_K) until it is turned into the gradient.
  ExpOfShifted(tail, top, tail_count, tail_gradient);
  ExpOfDifferences(highest + 1, highest, last, step);
  ExpOfDifferences(order, highest, count, share);
  sum[last] = SumOf(tail_gradient, tail_count) + share[last];
  for (std::size_t k = last; k-- > 0;) sum[k] = sum[k + 1] * step[k] + share[k];

  // step[k] becomes D_{k+1} / D_k, share[k] exp(f_k) / D_k.
  Map<T>(last, step, [&](std::size_t k, std::size_t n) HWY_ATTR {
    const auto ratio = hn::Mul(LoadUpTo(sum + k + 1, n), LoadUpTo(step + k, n));
    return hn::Div(ratio, LoadUpTo(sum + k, n));
  });
  Map<T>(count, share, [&](std::size_t k, std::size_t n) HWY_ATTR {
    return hn::Div(LoadUpTo(share + k, n), LoadUpTo(sum + k, n));
  });
  T c = 1;
  order_gradient[0] = weight * (share[0] - 1);
  for (std::size_t k = 1; k < count; ++k) {
    c = c * step[k - 1] + 1;
    order_gradient[k] = weight * (share[k] * c - 1);
  }
  const auto scale = hn::Set(d, weight * c / sum[last]);
  Map<T>(tail_count, tail_gradient, [&](std::size_t j, std::size_t n) HWY_ATTR {
    return hn::Mul(scale, LoadUpTo(tail_gradient + j, n));
  });

  Map<T>(count, sum, [&](std::size_t k, std::size_t n) HWY_ATTR {
    const auto below = hn::Sub(LoadUpTo(highest + k, n), LoadUpTo(order + k, n));
    return hn::Add(LogOf(d, LoadUpTo(sum + k, n)), below);
  });
  double loss = 0.0;
  for (std::size_t k = 0; k < count; ++k) loss += static_cast<double>(sum[k]);
  return loss;
}

double PlackettLuceF32(const float* order, std::size_t count, const float* tail,
                       std::size_t tail_count, float weight, float* order_gradient,
                       float* tail_gradient, float* work) {
  return PlackettLuceOf(order, count, tail, tail_count, weight, order_gradient, tail_gradient,
                        work);
}
double PlackettLuceF64(const double* order, std::size_t count, const double* tail,
                       std::size_t tail_count, double weight, double* order_gradient,
                       double* tail_gradient, double* work) {
  return PlackettLuceOf(order, count, tail, tail_count, weight, order_gradient, tail_gradient,
                        work);
}

}  // namespace derrd::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace derrd::kernels {

HWY_EXPORT(PlackettLuceF32);
HWY_EXPORT(PlackettLuceF64);

double PlackettLuce(const float* order, std::size_t count, const float* tail,
                    std::size_t tail_count, float weight, float* order_gradient,
                    float* tail_gradient, float* work) {
  return HWY_DYNAMIC_DISPATCH(PlackettLuceF32)(order, count, tail, tail_count, weight,
                                               order_gradient, tail_gradient, work);
}
double PlackettLuce(const double* order, std::size_t count, const double* tail,
                    std::size_t tail_count, double weight, double* order_gradient,
                    double* tail_gradient, double* work) {
  return HWY_DYNAMIC_DISPATCH(PlackettLuceF64)(order, count, tail, tail_count, weight,
                                               order_gradient, tail_gradient, work);
}

}  // namespace derrd::kernels
#endif  // HWY_ONCE
