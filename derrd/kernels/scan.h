// Scores of every item for a query, compared as they are made: what exact search over a table
// consists of. Items lie in blocks of 64, transposed, so that a vector holds one number of several
// items and no score needs a sum across lanes: element c * 64 + i of a block is number c of its
// item i. Every score is one sum in the order of the numbers, so that it has the same bits from
// every function here, whatever stands beside it; the bits differ between instruction sets with and
// without fused multiply-add.
#ifndef DERRD_KERNELS_SCAN_H_
#define DERRD_KERNELS_SCAN_H_

#include <cstddef>
#include <cstdint>

namespace derrd::kernels {

inline constexpr std::size_t kBlockItems = 64;
constexpr std::size_t Blocks(std::size_t items) { return (items + kBlockItems - 1) / kBlockItems; }

// Lays out `count` <= 64 rows as one block of width x 64 numbers; items that are missing are zeros.
void PackBlock(const float* rows, std::size_t width, std::size_t count, float* block);

// What a block holds for a query.
struct BlockHits {
  float scores[kBlockItems];  // of those above; the others' are unspecified
  std::uint64_t above;        // bit i: the score of item i is above the threshold
};

// Goes through blocks [begin, end) of a table until one has a score above `threshold`, and returns
// which; `end` when none has. The scores must be finite.
std::size_t ScanBlocks(const float* blocks, std::size_t width, std::size_t begin, std::size_t end,
                       const float* query, float threshold, BlockHits* hits);

// The same for kTileQueries queries at once, which read the table once: until one of them has a
// score above its own threshold. queries: width x kTileQueries, number by number; thresholds and
// hits: kTileQueries. A threshold of infinity stands for a query that is not there.
inline constexpr std::size_t kTileQueries = 6;
std::size_t ScanBlocksTile(const float* blocks, std::size_t width, std::size_t begin,
                           std::size_t end, const float* queries, const float* thresholds,
                           BlockHits* hits);

// out[i] = the score of rows[items[i]] of a table as it is in a file, row after row.
void ScoreRows(const float* query, const float* rows, std::size_t width, const std::int32_t* items,
               std::size_t count, float* out);

}  // namespace derrd::kernels

#endif  // DERRD_KERNELS_SCAN_H_
