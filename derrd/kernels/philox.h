// The rounds of Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC
// 2011), of many blocks at once.
#ifndef DERRD_KERNELS_PHILOX_H_
#define DERRD_KERNELS_PHILOX_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace derrd::kernels {

using PhiloxBlock = std::array<std::uint32_t, 4>;

// Each block, which is a counter, becomes the random numbers that belong to it. O(blocks).
void Philox(std::array<std::uint32_t, 2> key, std::span<PhiloxBlock> blocks);

}  // namespace derrd::kernels

#endif  // DERRD_KERNELS_PHILOX_H_
