#include "derrd/core/random.h"

#include <algorithm>
#include <bit>
#include <cassert>

namespace derrd {
namespace {

// A good 32-bit mixer (the finalizer of MurmurHash3): every input bit reaches every output bit.
std::uint32_t Mix(std::uint32_t x) {
  x ^= x >> 16;
  x *= 0x85EBCA6Bu;
  x ^= x >> 13;
  x *= 0xC2B2AE35u;
  return x ^ (x >> 16);
}

// Six rounds over fewer bits than this favour some orders of a few elements by several percent.
constexpr int kLeastBits = 8;

}  // namespace

RandomPermutation::RandomPermutation(std::uint64_t seed, Role role, std::uint64_t step,
                                     std::uint64_t n)
    : n_(n) {
  const int bits = std::max(kLeastBits, static_cast<int>(std::bit_width(n > 0 ? n - 1 : 0)));
  half_bits_ = (bits + 1) / 2;
  RandomStream stream(seed, role, step, 0);
  for (auto& key : round_keys_) key = stream.Next();
}

std::uint64_t RandomPermutation::operator()(std::uint64_t i) const {
  assert(i < n_);
  const std::uint64_t mask = (std::uint64_t{1} << half_bits_) - 1;
  do {
    auto left = static_cast<std::uint32_t>(i >> half_bits_);
    auto right = static_cast<std::uint32_t>(i & mask);
    for (const std::uint32_t key : round_keys_) {
      const auto next = static_cast<std::uint32_t>((left ^ Mix(right ^ key)) & mask);
      left = right;
      right = next;
    }
    i = (std::uint64_t{left} << half_bits_) | right;
  } while (i >= n_);
  return i;
}

}  // namespace derrd
