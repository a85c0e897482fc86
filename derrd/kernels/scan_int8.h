// An upper bound of every item's score for a query, from a table of a quarter of the bytes: what is
// not above the threshold by its bound is not above it by its score. Blocks of 64 items as in
// scan.h, but four numbers of an item stand side by side: byte (g * 64 + i) * 4 + j of a block is
// number 4 g + j of its item i, in [-127, 127] plus 128. Widths that are no multiple of four end in
// zeros, stored as 128.
#ifndef DERRD_KERNELS_SCAN_INT8_H_
#define DERRD_KERNELS_SCAN_INT8_H_

#include <cstddef>
#include <cstdint>

#include "derrd/kernels/scan.h"

namespace derrd::kernels {

constexpr std::size_t Int8Groups(std::size_t width) { return (width + 3) / 4; }
constexpr std::size_t Int8BlockBytes(std::size_t width) {
  return Int8Groups(width) * 4 * kBlockItems;
}
// Wider tables could overflow the 32 bits that sums are made in.
inline constexpr std::size_t kInt8MostWidth = 65536;

struct Int8Query {
  const std::int8_t* numbers;  // 4 Int8Groups(width) of them, zeros at the end
  std::int32_t start;          // -128 times their sum: takes back what was added to the items'
  float scale;                 // of its numbers
  float margin;                // what a bound has above the estimate, for an item of scale 1
  float least_margin;          // and above that, whatever its scale
};

// Goes through blocks [begin, end) until an item's bound
//   scales[item] * (query.scale * (its numbers . query.numbers) + query.margin) +
//   query.least_margin
// is not at most `threshold`, and returns its block with a bit for each such item in `above`; `end`
// when there is none.
std::size_t ScanBlocksInt8(const std::uint8_t* blocks, const float* scales, std::size_t width,
                           std::size_t begin, std::size_t end, const Int8Query& query,
                           float threshold, std::uint64_t* above);

}  // namespace derrd::kernels

#endif  // DERRD_KERNELS_SCAN_INT8_H_
