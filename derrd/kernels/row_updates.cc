#include "derrd/kernels/row_updates.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "derrd/kernels/row_updates.cc"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include "derrd/kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace derrd::kernels::HWY_NAMESPACE {

using F = Vec<float>;

// Calls update(at, gradient, left) for every vector of every row: at which number of the tables it
// begins, its gradient, and how many numbers of the row are left.
template <class Update>
HWY_INLINE void ForVectors(std::initializer_list<float*> tables, std::size_t width,
                           const RowList& list, const float* gradients, const Update& update) {
  for (std::size_t i = 0; i < list.count; ++i) {
    PrefetchAhead(tables, width, list, i);
    const std::size_t at = static_cast<std::size_t>(list.rows[i]) * width;
    for (std::size_t k = 0; k < width; k += hn::Lanes(Tag<float>())) {
      update(at + k, gradients + i * width + k, width - k);
    }
  }
}

void AdagradStepRowsImpl(float* w, float* sum, std::size_t width, const RowList& list,
                         const float* gradients, const AdagradConstants& constants) {
  const Tag<float> d;
  const F rate = hn::Set(d, constants.rate);
  const F epsilon = hn::Set(d, constants.epsilon);
  const F l2 = hn::Set(d, constants.l2);
  ForVectors({w, sum}, width, list, gradients,
             [&](std::size_t at, const float* gradient, std::size_t left) {
               const F wk = LoadUpTo(w + at, left);
               const F g = hn::MulAdd(l2, wk, LoadUpTo(gradient, left));
               const F squares = hn::MulAdd(g, g, LoadUpTo(sum + at, left));
               const F direction = hn::Div(g, hn::Add(hn::Sqrt(squares), epsilon));
               StoreUpTo(squares, sum + at, left);
               StoreUpTo(hn::NegMulAdd(rate, direction, wk), w + at, left);
             });
}

void SgdStepRowsImpl(float* w, std::size_t width, const RowList& list, const float* gradients,
                     float rate, float l2) {
  const Tag<float> d;
  const F rates = hn::Set(d, rate);
  const F decay = hn::Set(d, l2);
  ForVectors({w}, width, list, gradients,
             [&](std::size_t at, const float* gradient, std::size_t left) {
               const F wk = LoadUpTo(w + at, left);
               const F g = hn::MulAdd(decay, wk, LoadUpTo(gradient, left));
               StoreUpTo(hn::NegMulAdd(rates, g, wk), w + at, left);
             });
}

}  // namespace derrd::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace derrd::kernels {

HWY_EXPORT(AdagradStepRowsImpl);
HWY_EXPORT(SgdStepRowsImpl);

void AdagradStepRows(float* w, float* sum, std::size_t width, const RowList& list,
                     const float* gradients, const AdagradConstants& constants) {
  HWY_DYNAMIC_DISPATCH(AdagradStepRowsImpl)(w, sum, width, list, gradients, constants);
}

void SgdStepRows(float* w, std::size_t width, const RowList& list, const float* gradients,
                 float rate, float l2) {
  HWY_DYNAMIC_DISPATCH(SgdStepRowsImpl)(w, width, list, gradients, rate, l2);
}

}  // namespace derrd::kernels
#endif  // HWY_ONCE
