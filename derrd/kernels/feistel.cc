#include "derrd/kernels/feistel.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "derrd/kernels/feistel.cc"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include "derrd/kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace derrd::kernels::HWY_NAMESPACE {

using U = Vec<std::uint32_t>;

HWY_INLINE U Mix(U x) {
  const Tag<std::uint32_t> d;
  x = hn::Xor(x, hn::ShiftRight<16>(x));
  x = hn::Mul(x, hn::Set(d, 0x85EBCA6Bu));
  x = hn::Xor(x, hn::ShiftRight<13>(x));
  x = hn::Mul(x, hn::Set(d, 0xC2B2AE35u));
  return hn::Xor(x, hn::ShiftRight<16>(x));
}

void FeistelRoundsImpl(std::span<const std::uint32_t> keys, std::uint32_t mask, std::size_t n,
                       std::uint32_t* HWY_RESTRICT left, std::uint32_t* HWY_RESTRICT right) {
  const Tag<std::uint32_t> d;
  const U bits = hn::Set(d, mask);
  for (std::size_t i = 0; i < n; i += hn::Lanes(d)) {
    U l = LoadUpTo(left + i, n - i), r = LoadUpTo(right + i, n - i);
    for (const std::uint32_t key : keys) {
      const U next = hn::Xor(l, hn::And(Mix(hn::Xor(r, hn::Set(d, key))), bits));
      l = r;
      r = next;
    }
    StoreUpTo(l, left + i, n - i);
    StoreUpTo(r, right + i, n - i);
  }
}

}  // namespace derrd::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace derrd::kernels {

HWY_EXPORT(FeistelRoundsImpl);

void FeistelRounds(std::span<const std::uint32_t> keys, std::uint32_t mask, std::size_t n,
                   std::uint32_t* left, std::uint32_t* right) {
  HWY_DYNAMIC_DISPATCH(FeistelRoundsImpl)(keys, mask, n, left, right);
}

}  // namespace derrd::kernels
#endif  // HWY_ONCE
