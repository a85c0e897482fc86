// The rounds of a Feistel network, of many blocks at once.
#ifndef DERRD_KERNELS_FEISTEL_H_
#define DERRD_KERNELS_FEISTEL_H_

#include <cstddef>
#include <cstdint>
#include <span>

namespace derrd::kernels {

// Each (left[i], right[i]) becomes (right[i], left[i] ^ (Mix(right[i] ^ key) & mask)), once for
// each key in turn. Mix is the finalizer of MurmurHash3, in which every input bit reaches every
// output bit. All of left and right are at most mask, which is one less than a power of two. O(n
// keys).
void FeistelRounds(std::span<const std::uint32_t> keys, std::uint32_t mask, std::size_t n,
                   std::uint32_t* left, std::uint32_t* right);

}  // namespace derrd::kernels

#endif  // DERRD_KERNELS_FEISTEL_H_
