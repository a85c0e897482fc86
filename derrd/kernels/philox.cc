#include "derrd/kernels/philox.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "derrd/kernels/philox.cc"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include "derrd/kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace derrd::kernels::HWY_NAMESPACE {

using Wide = Vec<std::uint64_t>;

// Of the low halves of every lane.
HWY_INLINE Wide Product(Wide a, Wide b) {
#if HWY_TARGET == HWY_SCALAR
  const Tag<std::uint64_t> d;
  const Wide low = hn::Set(d, 0xFFFFFFFFu);
  return hn::Mul(hn::And(a, low), hn::And(b, low));
#else
  const hn::Repartition<std::uint32_t, Tag<std::uint64_t> > d32;
  return hn::MulEven(hn::BitCast(d32, a), hn::BitCast(d32, b));
#endif
}

// One block a lane, each word in the low half of a wide one; what the high halves hold is never
// read, so nothing clears them.
HWY_INLINE void Rounds(std::array<std::uint32_t, 2> key, Wide& c0, Wide& c1, Wide& c2, Wide& c3) {
  constexpr int kRounds = 10;
  const Tag<std::uint64_t> d;
  const Wide factor0 = hn::Set(d, 0xD2511F53u), factor2 = hn::Set(d, 0xCD9E8D57u);
  for (int round = 0; round < kRounds; ++round) {
    const Wide product0 = Product(factor0, c0), product2 = Product(factor2, c2);
    c0 = hn::Xor(hn::Xor(hn::ShiftRight<32>(product2), c1), hn::Set(d, key[0]));
    c2 = hn::Xor(hn::Xor(hn::ShiftRight<32>(product0), c3), hn::Set(d, key[1]));
    c1 = product2;
    c3 = product0;
    key[0] += 0x9E3779B9u;
    key[1] += 0xBB67AE85u;
  }
}

void PhiloxImpl(std::array<std::uint32_t, 2> key, std::span<PhiloxBlock> blocks) {
  const Tag<std::uint64_t> d;
  const std::size_t lanes = hn::Lanes(d);
  HWY_ALIGN std::uint64_t words[4][hn::MaxLanes(d)] = {};
  for (std::size_t i = 0; i < blocks.size(); i += lanes) {
    const std::size_t count = std::min(lanes, blocks.size() - i);
    for (std::size_t k = 0; k < count; ++k) {
      for (std::size_t w = 0; w < 4; ++w) words[w][k] = blocks[i + k][w];
    }
    Wide c0 = hn::Load(d, words[0]), c1 = hn::Load(d, words[1]);
    Wide c2 = hn::Load(d, words[2]), c3 = hn::Load(d, words[3]);
    Rounds(key, c0, c1, c2, c3);
    hn::Store(c0, d, words[0]);
    hn::Store(c1, d, words[1]);
    hn::Store(c2, d, words[2]);
    hn::Store(c3, d, words[3]);
    for (std::size_t k = 0; k < count; ++k) {
      for (std::size_t w = 0; w < 4; ++w) {
        blocks[i + k][w] = static_cast<std::uint32_t>(words[w][k]);
      }
    }
  }
}

}  // namespace derrd::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace derrd::kernels {

HWY_EXPORT(PhiloxImpl);

void Philox(std::array<std::uint32_t, 2> key, std::span<PhiloxBlock> blocks) {
  HWY_DYNAMIC_DISPATCH(PhiloxImpl)(key, blocks);
}

}  // namespace derrd::kernels
#endif  // HWY_ONCE
