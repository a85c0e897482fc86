// Exponentials and logarithms of vectors, for the kernels' sources; see simd-inl.h.
#if defined(DERRD_KERNELS_MATH_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef DERRD_KERNELS_MATH_INL_H_
#undef DERRD_KERNELS_MATH_INL_H_
#else
#define DERRD_KERNELS_MATH_INL_H_
#endif

#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>

#include "derrd/kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace derrd::kernels::HWY_NAMESPACE {

// The library's Exp and Log turn a NaN into a number; adding 0 * x gives it back.
template <class D, class V>
HWY_INLINE V ExpOf(D d, V x) {
  return hn::MulAdd(hn::Zero(d), x, hn::Exp(d, x));
}
template <class D, class V>
HWY_INLINE V LogOf(D d, V x) {
  return hn::MulAdd(hn::Zero(d), x, hn::Log(d, x));
}

// out[i] = function(i, lanes that count) for each vector's worth of [0, n).
template <typename T, class Function>
HWY_INLINE void Map(std::size_t n, T* out, const Function& function) {
  const std::size_t lanes = hn::Lanes(Tag<T>());
  for (std::size_t i = 0; i < n; i += lanes) StoreUpTo<T>(function(i, n - i), out + i, n - i);
}

template <typename T>
HWY_INLINE void ExpOfDifferences(const T* a, const T* b, std::size_t n, T* out) {
  const Tag<T> d;
  Map<T>(n, out, [&](std::size_t i, std::size_t count) HWY_ATTR {
    return ExpOf(d, hn::Sub(LoadUpTo(a + i, count), LoadUpTo(b + i, count)));
  });
}

template <typename T>
HWY_INLINE void ExpOfShifted(const T* a, T b, std::size_t n, T* out) {
  const Tag<T> d;
  const auto shift = hn::Set(d, b);
  Map<T>(n, out, [&](std::size_t i, std::size_t count) HWY_ATTR {
    return ExpOf(d, hn::Sub(LoadUpTo(a + i, count), shift));
  });
}

}  // namespace derrd::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
