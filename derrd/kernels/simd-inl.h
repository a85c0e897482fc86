// Shared by the kernels' sources; compiled once for each instruction set, so there is no include
// guard but Highway's per-target one.
#if defined(DERRD_KERNELS_SIMD_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef DERRD_KERNELS_SIMD_INL_H_
#undef DERRD_KERNELS_SIMD_INL_H_
#else
#define DERRD_KERNELS_SIMD_INL_H_
#endif

#include <hwy/cache_control.h>
#include <hwy/highway.h>

#include <algorithm>
#include <initializer_list>

#include "derrd/kernels/row_list.h"

HWY_BEFORE_NAMESPACE();
namespace derrd::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <typename T>
using Tag = hn::ScalableTag<T>;
template <typename T>
using Vec = hn::Vec<Tag<T>>;

#if HWY_MEM_OPS_MIGHT_FAULT
// Where a masked load may touch what it masks out (AMD before AVX-512): half by half, each with an
// ordinary load.
template <class D>
HWY_INLINE hn::VFromD<D> LoadPieces(D d, const hn::TFromD<D>* from, std::size_t count) {
  if (count == 0) return hn::Zero(d);
  if (count >= hn::MaxLanes(D())) return hn::LoadU(d, from);
  if constexpr (hn::MaxLanes(D()) > 1) {
    const hn::Half<D> half;
    const std::size_t low = hn::MaxLanes(half);
    if (count < low) return hn::ZeroExtendVector(d, LoadPieces(half, from, count));
    return hn::Combine(d, LoadPieces(half, from + low, count - low), hn::LoadU(half, from));
  }
  return hn::Zero(d);
}

template <class D>
HWY_INLINE void StorePieces(D d, hn::VFromD<D> v, hn::TFromD<D>* to, std::size_t count) {
  if (count == 0) return;
  if (count >= hn::MaxLanes(D())) return hn::StoreU(v, d, to);
  if constexpr (hn::MaxLanes(D()) > 1) {
    const hn::Half<D> half;
    const std::size_t low = hn::MaxLanes(half);
    if (count < low) return StorePieces(half, hn::LowerHalf(half, v), to, count);
    hn::StoreU(hn::LowerHalf(half, v), half, to);
    StorePieces(half, hn::UpperHalf(half, v), to + low, count - low);
  }
}
#endif

// The first `count` lanes from memory, the others zero; reads nothing behind them.
template <typename T>
HWY_INLINE Vec<T> LoadFirst(const T* from, std::size_t count) {
  const Tag<T> d;
#if HWY_MEM_OPS_MIGHT_FAULT
  return LoadPieces(d, from, count);
#else
  return hn::MaskedLoad(hn::FirstN(d, count), d, from);
#endif
}

// Writes the first `count` lanes and nothing behind them.
template <typename T>
HWY_INLINE void StoreFirst(Vec<T> v, T* to, std::size_t count) {
  const Tag<T> d;
#if HWY_MEM_OPS_MIGHT_FAULT
  StorePieces(d, v, to, count);
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

constexpr std::size_t kNumbersInLine = 16;  // of a cache

// Asks for a row of a table that will be read soon.
HWY_INLINE void PrefetchRow(const float* row, std::size_t width) {
  for (std::size_t k = 0; k < width; k += kNumbersInLine) hwy::Prefetch(row + k);
}

// For a row that will be written: also calls back the copies that other cores have of it.
// A compiler would emit it only where it may count on it; x86 has it as a hint at least.
HWY_INLINE void PrefetchToWrite(float* row, std::size_t width) {
  for (std::size_t k = 0; k < width; k += kNumbersInLine) {
#if HWY_ARCH_X86
    asm volatile("prefetchw %0" : : "m"(row[k]));
#else
    __builtin_prefetch(row + k, 1);
#endif
  }
}

// Rows of an update are scattered, so they are asked for early, in every table that has them: some
// kilobytes of each, but not ever more of ever narrower rows. i: the row that is at hand.
HWY_INLINE void PrefetchAhead(std::initializer_list<float*> tables, std::size_t width,
                              const RowList& list, std::size_t i) {
  const std::size_t ahead = i + std::min<std::size_t>(2 + 512 / width, 32);
  if (ahead >= list.count + list.following) return;
  const std::size_t at = static_cast<std::size_t>(list.rows[ahead]) * width;
  for (float* table : tables) PrefetchToWrite(table + at, width);
}

}  // namespace derrd::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
