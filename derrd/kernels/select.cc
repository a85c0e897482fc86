#include "derrd/kernels/select.h"

#include <bit>
#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "derrd/kernels/select.cc"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include "derrd/kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace derrd::kernels::HWY_NAMESPACE {

std::size_t CountNotBelowImpl(const float* x, std::size_t n, float least) {
  const Tag<float> d;
  const std::size_t lanes = hn::Lanes(d);
  const auto bound = hn::Set(d, least);
  std::size_t below = 0, i = 0;
  for (; i + lanes <= n; i += lanes) below += hn::CountTrue(d, hn::Lt(hn::LoadU(d, x + i), bound));
  for (; i < n; ++i) below += x[i] < least ? 1 : 0;
  return n - below;
}

// Bit by bit: Highway 1.0's Compress for AVX2 is compiled into a copy of its whole table at every
// vector, which took six times as long as all the rest of a top 3,000.
std::size_t SelectAboveImpl(const float* x, std::size_t n, float most, std::int32_t* indices) {
  const Tag<float> d;
  const std::size_t lanes = hn::Lanes(d);
  const auto bound = hn::Set(d, most);
  std::size_t found = 0, i = 0;
  for (; i + lanes <= n; i += lanes) {
    const auto above = hn::Not(hn::Le(hn::LoadU(d, x + i), bound));
    if (HWY_LIKELY(hn::AllFalse(d, above))) continue;
    std::uint64_t bits = 0;  // of at most 64 lanes
    hn::StoreMaskBits(d, above, reinterpret_cast<std::uint8_t*>(&bits));
    for (; bits != 0; bits &= bits - 1) {
      indices[found++] = static_cast<std::int32_t>(i) + std::countr_zero(bits);
    }
  }
  for (; i < n; ++i) {
    if (!(x[i] <= most)) indices[found++] = static_cast<std::int32_t>(i);
  }
  return found;
}

template <typename T>
HWY_INLINE T SumBelow(const T* x, std::size_t n, T bound) {
  const Tag<T> d;
  const std::size_t lanes = hn::Lanes(d);
  const auto b = hn::Set(d, bound);
  auto sum = hn::Zero(d);
  for (std::size_t i = 0; i < n; i += lanes) {
    const auto v = LoadUpTo(x + i, n - i);
    sum = hn::Add(sum, hn::IfThenElseZero(hn::Lt(v, b), v));
  }
  return hn::GetLane(hn::SumOfLanes(d, sum));
}

template <typename T>
HWY_INLINE T NegligibleBelowOf(const T* x, std::size_t n, T tolerance) {
  if (tolerance <= 0) return 0;
  T bound = T{0.5};
  while (SumBelow(x, n, bound) > tolerance) bound /= 2;
  return bound;
}

float NegligibleBelowF32(const float* x, std::size_t n, float tolerance) {
  return NegligibleBelowOf(x, n, tolerance);
}
double NegligibleBelowF64(const double* x, std::size_t n, double tolerance) {
  return NegligibleBelowOf(x, n, tolerance);
}

bool AllFiniteImpl(const float* x, std::size_t n) {
  const Tag<float> d;
  const std::size_t lanes = hn::Lanes(d);
  // Zero times a number is zero, unless the number is infinite or none at all.
  auto sum = hn::Zero(d);
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes) sum = hn::MulAdd(hn::Zero(d), hn::LoadU(d, x + i), sum);
  bool finite = hn::AllTrue(d, hn::Eq(sum, hn::Zero(d)));
  for (; i < n; ++i) finite = finite && std::isfinite(x[i]);
  return finite;
}

}  // namespace derrd::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace derrd::kernels {

HWY_EXPORT(CountNotBelowImpl);
HWY_EXPORT(SelectAboveImpl);
HWY_EXPORT(AllFiniteImpl);
HWY_EXPORT(NegligibleBelowF32);
HWY_EXPORT(NegligibleBelowF64);

std::size_t CountNotBelow(const float* x, std::size_t n, float least) {
  return HWY_DYNAMIC_DISPATCH(CountNotBelowImpl)(x, n, least);
}
std::size_t SelectAbove(const float* x, std::size_t n, float most, std::int32_t* indices) {
  return HWY_DYNAMIC_DISPATCH(SelectAboveImpl)(x, n, most, indices);
}
float NegligibleBelow(const float* x, std::size_t n, float tolerance) {
  return HWY_DYNAMIC_DISPATCH(NegligibleBelowF32)(x, n, tolerance);
}
double NegligibleBelow(const double* x, std::size_t n, double tolerance) {
  return HWY_DYNAMIC_DISPATCH(NegligibleBelowF64)(x, n, tolerance);
}
bool AllFinite(const float* x, std::size_t n) { return HWY_DYNAMIC_DISPATCH(AllFiniteImpl)(x, n); }

}  // namespace derrd::kernels
#endif  // HWY_ONCE
