#include "derrd/kernels/row_updates.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "derrd/kernels/row_updates.cc"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include "derrd/kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace derrd::kernels::HWY_NAMESPACE {

using F = Vec<float>;

void AdagradStepImpl(float* HWY_RESTRICT w, float* HWY_RESTRICT sum,
                     const float* HWY_RESTRICT gradient, std::size_t n,
                     const AdagradConstants& constants) {
  const Tag<float> d;
  const F rate = hn::Set(d, constants.rate);
  const F epsilon = hn::Set(d, constants.epsilon);
  const F l2 = hn::Set(d, constants.l2);
  for (std::size_t i = 0; i < n; i += hn::Lanes(d)) {
    const std::size_t left = n - i;
    const F wi = LoadUpTo(w + i, left);
    const F g = hn::MulAdd(l2, wi, LoadUpTo(gradient + i, left));
    const F squares = hn::MulAdd(g, g, LoadUpTo(sum + i, left));
    const F direction = hn::Div(g, hn::Add(hn::Sqrt(squares), epsilon));
    StoreUpTo(squares, sum + i, left);
    StoreUpTo(hn::NegMulAdd(rate, direction, wi), w + i, left);
  }
}

void SgdStepImpl(float* HWY_RESTRICT w, const float* HWY_RESTRICT gradient, std::size_t n,
                 float rate, float l2) {
  const Tag<float> d;
  const F rates = hn::Set(d, rate);
  const F decay = hn::Set(d, l2);
  for (std::size_t i = 0; i < n; i += hn::Lanes(d)) {
    const std::size_t left = n - i;
    const F wi = LoadUpTo(w + i, left);
    const F g = hn::MulAdd(decay, wi, LoadUpTo(gradient + i, left));
    StoreUpTo(hn::NegMulAdd(rates, g, wi), w + i, left);
  }
}

}  // namespace derrd::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace derrd::kernels {

HWY_EXPORT(AdagradStepImpl);
HWY_EXPORT(SgdStepImpl);

void AdagradStep(float* w, float* sum, const float* gradient, std::size_t n,
                 const AdagradConstants& constants) {
  HWY_DYNAMIC_DISPATCH(AdagradStepImpl)(w, sum, gradient, n, constants);
}

void SgdStep(float* w, const float* gradient, std::size_t n, float rate, float l2) {
  HWY_DYNAMIC_DISPATCH(SgdStepImpl)(w, gradient, n, rate, l2);
}

}  // namespace derrd::kernels
#endif  // HWY_ONCE
