#include "derrd/kernels/scan.h"

#include <hwy/cache_control.h>

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "derrd/kernels/scan.cc"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include "derrd/kernels/scan-inl.h"
#include "derrd/kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace derrd::kernels::HWY_NAMESPACE {

// As many sums as fit the registers beside what is multiplied: whole blocks where vectors are wide.
constexpr std::size_t kLanes = hn::MaxLanes(Tag<float>());
constexpr std::size_t kOneQueryVectors = std::min<std::size_t>(kBlockItems / kLanes, 8);
constexpr std::size_t kTileVectors = kLanes >= 16 ? kBlockItems / kLanes : 2;

// Bytes that are asked for ahead of use. The hardware does so too, but stops at every page.
constexpr std::size_t kAhead = 2048 / sizeof(float);

// Scores of kVectors vectors of items, from their place in a block on, for kQueries queries that
// lie number by number.
template <std::size_t kQueries, std::size_t kVectors>
HWY_INLINE void ScorePart(const float* HWY_RESTRICT part, std::size_t width,
                          const float* HWY_RESTRICT queries,
                          Vec<float> (&sums)[kQueries][kVectors]) {
  const Tag<float> d;
  for (auto& of_query : sums) {
    for (auto& sum : of_query) sum = hn::Zero(d);
  }
  for (std::size_t c = 0; c < width; ++c) {
    Vec<float> numbers[kVectors];
    for (std::size_t v = 0; v < kVectors; ++v) numbers[v] = hn::LoadU(d, part + v * kLanes);
    for (std::size_t v = 0; v < kVectors * kLanes; v += 16) hwy::Prefetch(part + kAhead + v);
    for (std::size_t q = 0; q < kQueries; ++q) {
      const auto number = hn::Set(d, queries[q]);
      for (std::size_t v = 0; v < kVectors; ++v) {
        sums[q][v] = hn::MulAdd(numbers[v], number, sums[q][v]);
      }
    }
    part += kBlockItems;
    queries += kQueries;
  }
}

template <std::size_t kVectors>
HWY_INLINE Vec<float> HighestOf(const Vec<float> (&sums)[kVectors]) {
  Vec<float> highest = sums[0];
  for (std::size_t v = 1; v < kVectors; ++v) highest = hn::Max(highest, sums[v]);
  return highest;
}

// Adds a part of a block to the hits of a query.
template <std::size_t kVectors>
HWY_INLINE void StorePart(const Vec<float> (&sums)[kVectors], std::size_t first, Vec<float> bound,
                          BlockHits* hits) {
  const Tag<float> d;
  for (std::size_t v = 0; v < kVectors; ++v) {
    const std::size_t item = first + v * kLanes;
    hn::StoreU(sums[v], d, hits->scores + item);
    hits->above |= BitsOf(d, hn::Gt(sums[v], bound)) << item;
  }
}

// Scans with parts of kVectors vectors and kQueries queries. A block of one part is written only
// when it has a hit, others part by part.
template <std::size_t kQueries, std::size_t kVectors>
HWY_INLINE std::size_t Scan(const float* blocks, std::size_t width, std::size_t begin,
                            std::size_t end, const float* queries, const float* thresholds,
                            BlockHits* hits) {
  const Tag<float> d;
  constexpr std::size_t kPart = kVectors * kLanes;
  for (std::size_t block = begin; block < end; ++block) {
    bool found = false;
    for (std::size_t q = 0; q < kQueries; ++q) hits[q].above = 0;
    for (std::size_t first = 0; first < kBlockItems; first += kPart) {
      Vec<float> sums[kQueries][kVectors];
      ScorePart<kQueries, kVectors>(blocks + block * width * kBlockItems + first, width, queries,
                                    sums);
      for (std::size_t q = 0; q < kQueries; ++q) {
        const auto bound = hn::Set(d, thresholds[q]);
        if (HWY_LIKELY(hn::AllFalse(d, hn::Gt(HighestOf(sums[q]), bound)))) continue;
        StorePart(sums[q], first, bound, hits + q);
        found = true;
      }
    }
    if (HWY_UNLIKELY(found)) return block;
  }
  return end;
}

std::size_t ScanBlocksImpl(const float* blocks, std::size_t width, std::size_t begin,
                           std::size_t end, const float* query, float threshold, BlockHits* hits) {
  return Scan<1, kOneQueryVectors>(blocks, width, begin, end, query, &threshold, hits);
}

std::size_t ScanBlocksTileImpl(const float* blocks, std::size_t width, std::size_t begin,
                               std::size_t end, const float* queries, const float* thresholds,
                               BlockHits* hits) {
  return Scan<kTileQueries, kTileVectors>(blocks, width, begin, end, queries, thresholds, hits);
}

// One lane a row: the same operations in the same order as above. Four rows at once, as each sum
// waits for itself.
void ScoreRowsImpl(const float* query, const float* rows, std::size_t width,
                   const std::int32_t* items, std::size_t count, float* out) {
  const hn::CappedTag<float, 1> d;
  constexpr std::size_t kRows = 4;
  for (std::size_t i = 0; i < count; i += kRows) {
    const float* row[kRows];
    auto s0 = hn::Zero(d), s1 = s0, s2 = s0, s3 = s0;
    for (std::size_t r = 0; r < kRows; ++r) {
      row[r] = rows + static_cast<std::size_t>(items[std::min(i + r, count - 1)]) * width;
    }
    for (std::size_t c = 0; c < width; ++c) {
      const auto number = hn::Set(d, query[c]);
      s0 = hn::MulAdd(hn::Set(d, row[0][c]), number, s0);
      s1 = hn::MulAdd(hn::Set(d, row[1][c]), number, s1);
      s2 = hn::MulAdd(hn::Set(d, row[2][c]), number, s2);
      s3 = hn::MulAdd(hn::Set(d, row[3][c]), number, s3);
    }
    const float sums[kRows] = {hn::GetLane(s0), hn::GetLane(s1), hn::GetLane(s2), hn::GetLane(s3)};
    std::copy_n(sums, std::min(kRows, count - i), out + i);
  }
}

}  // namespace derrd::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace derrd::kernels {

HWY_EXPORT(ScanBlocksImpl);
HWY_EXPORT(ScanBlocksTileImpl);
HWY_EXPORT(ScoreRowsImpl);

void PackBlock(const float* rows, std::size_t width, std::size_t count, float* block) {
  for (std::size_t c = 0; c < width; ++c) {
    for (std::size_t i = 0; i < count; ++i) block[c * kBlockItems + i] = rows[i * width + c];
    std::fill(block + c * kBlockItems + count, block + (c + 1) * kBlockItems, 0.0f);
  }
}

std::size_t ScanBlocks(const float* blocks, std::size_t width, std::size_t begin, std::size_t end,
                       const float* query, float threshold, BlockHits* hits) {
  return HWY_DYNAMIC_DISPATCH(ScanBlocksImpl)(blocks, width, begin, end, query, threshold, hits);
}

std::size_t ScanBlocksTile(const float* blocks, std::size_t width, std::size_t begin,
                           std::size_t end, const float* queries, const float* thresholds,
                           BlockHits* hits) {
  return HWY_DYNAMIC_DISPATCH(ScanBlocksTileImpl)(blocks, width, begin, end, queries, thresholds,
                                                  hits);
}

void ScoreRows(const float* query, const float* rows, std::size_t width, const std::int32_t* items,
               std::size_t count, float* out) {
  HWY_DYNAMIC_DISPATCH(ScoreRowsImpl)(query, rows, width, items, count, out);
}

}  // namespace derrd::kernels
#endif  // HWY_ONCE
