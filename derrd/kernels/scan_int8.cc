#define HWY_WANT_AVX3_DL  // the instruction set that multiplies and adds bytes
#include "derrd/kernels/scan_int8.h"

#include <hwy/cache_control.h>

#include <algorithm>
#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "derrd/kernels/scan_int8.cc"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include "derrd/kernels/scan-inl.h"
#include "derrd/kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace derrd::kernels::HWY_NAMESPACE {

constexpr std::size_t kInt8Lanes = hn::MaxLanes(Tag<std::int32_t>());
constexpr std::size_t kInt8Vectors = std::min<std::size_t>(kBlockItems / kInt8Lanes, 8);
constexpr std::size_t kInt8Ahead = 2048;  // bytes asked for ahead of use

// Four bytes of an item (unsigned) times four of the query (signed), added to the item's sum, all
// exactly. `items` and `query` hold four bytes a lane.
#if HWY_TARGET == HWY_AVX3_DL
struct Int8Factor {
  explicit Int8Factor(Vec<std::int32_t> query) : bytes(query) {}
  HWY_INLINE Vec<std::int32_t> AddTo(Vec<std::int32_t> sum, Vec<std::int32_t> items) const {
    // Highway 1.0.3 compiles this target with AVX-VNNI where it tests for AVX512-VNNI, so the
    // compiler would refuse the intrinsic.
    asm("vpdpbusd %2, %1, %0" : "+v"(sum.raw) : "v"(items.raw), "v"(bytes.raw));
    return sum;
  }
  Vec<std::int32_t> bytes;
};
#elif HWY_ARCH_X86 && HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128
// Bytes 0 and 2 and bytes 1 and 3 as pairs of 16 bits, whose products add up within the lane.
struct Int8Factor {
  explicit Int8Factor(Vec<std::int32_t> query) {
    const Tag<std::int16_t> d16;
    const auto pairs = hn::BitCast(d16, query);
    odd = hn::ShiftRight<8>(pairs);
    even = hn::ShiftRight<8>(hn::ShiftLeft<8>(pairs));
  }
  HWY_INLINE Vec<std::int32_t> AddTo(Vec<std::int32_t> sum, Vec<std::int32_t> items) const {
    const Tag<std::int32_t> d;
    const Tag<std::int16_t> d16;
    const Tag<std::uint16_t> du16;
    const auto pairs = hn::BitCast(du16, items);
    const auto high = hn::BitCast(d16, hn::ShiftRight<8>(pairs));
    const auto low = hn::BitCast(d16, hn::And(pairs, hn::Set(du16, 0xFF)));
    auto unused = hn::Zero(d);
    sum = hn::ReorderWidenMulAccumulate(d, low, even, sum, unused);
    return hn::ReorderWidenMulAccumulate(d, high, odd, sum, unused);
  }
  Vec<std::int16_t> even, odd;
};
#else
struct Int8Factor {
  explicit Int8Factor(Vec<std::int32_t> query) : bytes(query) {}
  HWY_INLINE Vec<std::int32_t> AddTo(Vec<std::int32_t> sum, Vec<std::int32_t> items) const {
    const auto add = [&](auto item, auto factor) { sum = hn::Add(sum, hn::Mul(item, factor)); };
    const Tag<std::int32_t> d;
    const auto low = hn::Set(d, 0xFF);
    add(hn::And(items, low), hn::ShiftRight<24>(hn::ShiftLeft<24>(bytes)));
    add(hn::And(hn::ShiftRight<8>(items), low), hn::ShiftRight<24>(hn::ShiftLeft<16>(bytes)));
    add(hn::And(hn::ShiftRight<16>(items), low), hn::ShiftRight<24>(hn::ShiftLeft<8>(bytes)));
    add(hn::And(hn::ShiftRight<24>(items), low), hn::ShiftRight<24>(bytes));
    return sum;
  }
  Vec<std::int32_t> bytes;
};
#endif

HWY_INLINE std::int32_t FourBytes(const std::int8_t* from) {
  std::int32_t bytes;
  std::memcpy(&bytes, from, sizeof(bytes));
  return bytes;
}

// Sums of kInt8Vectors vectors of items from their place in a block on.
HWY_INLINE void SumPart(const std::uint8_t* HWY_RESTRICT part, std::size_t groups,
                        const std::int8_t* HWY_RESTRICT numbers, std::int32_t start,
                        Vec<std::int32_t> (&sums)[kInt8Vectors]) {
  const Tag<std::int32_t> d;
  for (auto& sum : sums) sum = hn::Set(d, start);
  for (std::size_t g = 0; g < groups; ++g, part += 4 * kBlockItems) {
    const Int8Factor factor(hn::Set(d, FourBytes(numbers + 4 * g)));
    for (std::size_t v = 0; v < kInt8Vectors * kInt8Lanes * 4; v += 64) {
      hwy::Prefetch(part + kInt8Ahead + v);
    }
    for (std::size_t v = 0; v < kInt8Vectors; ++v) {
      const auto* at = reinterpret_cast<const std::int32_t*>(part + v * kInt8Lanes * 4);
      sums[v] = factor.AddTo(sums[v], hn::LoadU(d, at));
    }
  }
}

std::size_t ScanBlocksInt8Impl(const std::uint8_t* blocks, const float* scales, std::size_t width,
                               std::size_t begin, std::size_t end, const Int8Query& query,
                               float threshold, std::uint64_t* above) {
  const Tag<float> d;
  const std::size_t groups = Int8Groups(width);
  const auto scale = hn::Set(d, query.scale), margin = hn::Set(d, query.margin);
  const auto least = hn::Set(d, query.least_margin), bound = hn::Set(d, threshold);
  constexpr std::size_t kPart = kInt8Vectors * kInt8Lanes;
  for (std::size_t block = begin; block < end; ++block) {
    std::uint64_t found = 0;
    for (std::size_t first = 0; first < kBlockItems; first += kPart) {
      Vec<std::int32_t> sums[kInt8Vectors];
      SumPart(blocks + block * Int8BlockBytes(width) + 4 * first, groups, query.numbers,
              query.start, sums);
      for (std::size_t v = 0; v < kInt8Vectors; ++v) {
        const std::size_t item = first + v * kInt8Lanes;
        const auto of_item = hn::LoadU(d, scales + block * kBlockItems + item);
        const auto most =
            hn::MulAdd(of_item, hn::MulAdd(scale, hn::ConvertTo(d, sums[v]), margin), least);
        found |= BitsOf(d, hn::Not(hn::Le(most, bound))) << item;
      }
    }
    if (HWY_LIKELY(found == 0)) continue;
    *above = found;
    return block;
  }
  return end;
}

}  // namespace derrd::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace derrd::kernels {

HWY_EXPORT(ScanBlocksInt8Impl);

std::size_t ScanBlocksInt8(const std::uint8_t* blocks, const float* scales, std::size_t width,
                           std::size_t begin, std::size_t end, const Int8Query& query,
                           float threshold, std::uint64_t* above) {
  return HWY_DYNAMIC_DISPATCH(ScanBlocksInt8Impl)(blocks, scales, width, begin, end, query,
                                                  threshold, above);
}

}  // namespace derrd::kernels
#endif  // HWY_ONCE
