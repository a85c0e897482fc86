#include "derrd/kernels/row_updates.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "derrd/kernels/row_updates.cc"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include "derrd/kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace derrd::kernels::HWY_NAMESPACE {

using F = Vec<float>;

void AdagradStepRowsImpl(float* w_table, float* sum_table, std::size_t width,
                         const std::int32_t* rows, std::size_t count, const float* gradients,
                         const AdagradConstants& constants) {
  const Tag<float> d;
  const F rate = hn::Set(d, constants.rate);
  const F epsilon = hn::Set(d, constants.epsilon);
  const F l2 = hn::Set(d, constants.l2);
  for (std::size_t i = 0; i < count; ++i) {
    PrefetchAhead({w_table, sum_table}, width, rows, i, count);
    float* HWY_RESTRICT w = w_table + static_cast<std::size_t>(rows[i]) * width;
    float* HWY_RESTRICT sum = sum_table + static_cast<std::size_t>(rows[i]) * width;
    const float* HWY_RESTRICT gradient = gradients + i * width;
    for (std::size_t k = 0; k < width; k += hn::Lanes(d)) {
      const std::size_t left = width - k;
      const F wk = LoadUpTo(w + k, left);
      const F g = hn::MulAdd(l2, wk, LoadUpTo(gradient + k, left));
      const F squares = hn::MulAdd(g, g, LoadUpTo(sum + k, left));
      const F direction = hn::Div(g, hn::Add(hn::Sqrt(squares), epsilon));
      StoreUpTo(squares, sum + k, left);
      StoreUpTo(hn::NegMulAdd(rate, direction, wk), w + k, left);
    }
  }
}

void SgdStepRowsImpl(float* table, std::size_t width, const std::int32_t* rows, std::size_t count,
                     const float* gradients, float rate, float l2) {
  const Tag<float> d;
  const F rates = hn::Set(d, rate);
  const F decay = hn::Set(d, l2);
  for (std::size_t i = 0; i < count; ++i) {
    PrefetchAhead({table}, width, rows, i, count);
    float* HWY_RESTRICT w = table + static_cast<std::size_t>(rows[i]) * width;
    const float* HWY_RESTRICT gradient = gradients + i * width;
    for (std::size_t k = 0; k < width; k += hn::Lanes(d)) {
      const std::size_t left = width - k;
      const F wk = LoadUpTo(w + k, left);
      const F g = hn::MulAdd(decay, wk, LoadUpTo(gradient + k, left));
      StoreUpTo(hn::NegMulAdd(rates, g, wk), w + k, left);
    }
  }
}

}  // namespace derrd::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace derrd::kernels {

HWY_EXPORT(AdagradStepRowsImpl);
HWY_EXPORT(SgdStepRowsImpl);

void AdagradStepRows(float* w, float* sum, std::size_t width, const std::int32_t* rows,
                     std::size_t count, const float* gradients, const AdagradConstants& constants) {
  HWY_DYNAMIC_DISPATCH(AdagradStepRowsImpl)(w, sum, width, rows, count, gradients, constants);
}

void SgdStepRows(float* w, std::size_t width, const std::int32_t* rows, std::size_t count,
                 const float* gradients, float rate, float l2) {
  HWY_DYNAMIC_DISPATCH(SgdStepRowsImpl)(w, width, rows, count, gradients, rate, l2);
}

}  // namespace derrd::kernels
#endif  // HWY_ONCE
