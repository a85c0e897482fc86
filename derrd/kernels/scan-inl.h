// Shared by the scans; compiled once for each instruction set.
#if defined(DERRD_KERNELS_SCAN_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef DERRD_KERNELS_SCAN_INL_H_
#undef DERRD_KERNELS_SCAN_INL_H_
#else
#define DERRD_KERNELS_SCAN_INL_H_
#endif

#include <hwy/highway.h>

#include <cstdint>
#include <cstring>

#include "derrd/kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace derrd::kernels::HWY_NAMESPACE {

// Bit i of the result is lane i of the mask; there are at most 64 lanes.
template <class D, class M>
HWY_INLINE std::uint64_t BitsOf(D d, M mask) {
  std::uint8_t bytes[8] = {};
  hn::StoreMaskBits(d, mask, bytes);
  std::uint64_t bits;
  std::memcpy(&bits, bytes, sizeof(bits));
  return bits;
}

}  // namespace derrd::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
