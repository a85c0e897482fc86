// A table of item rows in a quarter of their bytes, by which most items are passed over unread.
#ifndef DERRD_SERVE_INT8_TABLE_H_
#define DERRD_SERVE_INT8_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "derrd/core/matrix.h"
#include "derrd/kernels/scan_int8.h"

namespace derrd {

// Every row x becomes s * x8 + e: whole numbers x8 of at most 127, a scale s of its own, and what
// that leaves, e. A query q becomes t * q8 + r. Then
//   q . x = s * (t * (q8 . x8) + r . x8 + q . e / s),
// of which the scan computes s * t * (q8 . x8) and, by Cauchy and Schwarz, the rest is at most
//   s * (|r| * max |x8| + |q| * max(|e| / s)),
// both maxima over all rows. So s * (t * (q8 . x8) + margin) bounds the score from above, where the
// margin also covers what float32 rounds in the bound and in the score that it is compared with.
// No item whose score is above the threshold is passed over. Immutable.
class Int8Table {
 public:
  // rows: finite, of 1 to kernels::kInt8MostWidth numbers. order: the row at each place of the
  // table.
  Int8Table(MatrixView<const float> rows, std::span<const std::int32_t> order);

  struct Prepared {
    std::vector<std::int8_t> numbers;
    std::int32_t start;
    float scale, margin, least_margin;
    kernels::Int8Query view() const { return {numbers.data(), start, scale, margin, least_margin}; }
  };
  // query: finite, as wide as the rows.
  Prepared Prepare(std::span<const float> query) const;

  // Blocks and results as kernels::ScanBlocksInt8.
  std::size_t Scan(const Prepared& query, std::size_t begin, std::size_t end, float threshold,
                   std::uint64_t* above) const {
    return kernels::ScanBlocksInt8(blocks_.data(), scales_.data(), width_, begin, end, query.view(),
                                   threshold, above);
  }
  std::size_t block_bytes() const {
    return kernels::Int8BlockBytes(width_) + kernels::kBlockItems * sizeof(float);
  }

 private:
  void Fill(std::size_t place, std::span<const float> row);

  std::size_t width_;
  AlignedVector<std::uint8_t> blocks_;
  AlignedVector<float> scales_;
  double longest_ = 0;  // max |x8|
  double residue_ = 0;  // max(|e| / s)
};

}  // namespace derrd

#endif  // DERRD_SERVE_INT8_TABLE_H_
