// Shared by the kernels' sources; compiled once for each instruction set, so there is no include
// guard but Highway's per-target one.
#if defined(DERRD_KERNELS_SIMD_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef DERRD_KERNELS_SIMD_INL_H_
#undef DERRD_KERNELS_SIMD_INL_H_
#else
#define DERRD_KERNELS_SIMD_INL_H_
#endif

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace derrd::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <typename T>
using Tag = hn::ScalableTag<T>;
template <typename T>
using Vec = hn::Vec<Tag<T>>;

// The first `count` lanes from memory, the others zero; reads nothing behind them.
template <typename T>
HWY_INLINE Vec<T> LoadFirst(const T* from, std::size_t count) {
  const Tag<T> d;
#if HWY_MEM_OPS_MIGHT_FAULT
  HWY_ALIGN T buffer[hn::MaxLanes(d)] = {};
  for (std::size_t i = 0; i < count; ++i) buffer[i] = from[i];
  return hn::Load(d, buffer);
#else
  return hn::MaskedLoad(hn::FirstN(d, count), d, from);
#endif
}

// Writes the first `count` lanes and nothing behind them.
template <typename T>
HWY_INLINE void StoreFirst(Vec<T> v, T* to, std::size_t count) {
  const Tag<T> d;
#if HWY_MEM_OPS_MIGHT_FAULT
  HWY_ALIGN T buffer[hn::MaxLanes(d)];
  hn::Store(v, d, buffer);
  for (std::size_t i = 0; i < count; ++i) to[i] = buffer[i];
#else
  hn::BlendedStore(v, hn::FirstN(d, count), d, to);
#endif
}

// Loads or stores a whole vector where `count` reaches that far, else its first `count` lanes.
template <typename T>
HWY_INLINE Vec<T> LoadUpTo(const T* from, std::size_t count) {
  const Tag<T> d;
  return count >= hn::Lanes(d) ? hn::LoadU(d, from) : LoadFirst(from, count);
}
template <typename T>
HWY_INLINE void StoreUpTo(Vec<T> v, T* to, std::size_t count) {
  const Tag<T> d;
  if (count >= hn::Lanes(d)) {
    hn::StoreU(v, d, to);
  } else {
    StoreFirst(v, to, count);
  }
}

}  // namespace derrd::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
