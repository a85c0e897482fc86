#include "derrd/kernels/small_gemm.h"

#include <hwy/cache_control.h>

#include <algorithm>

// The sums of a tile stay in registers only if every loop over them is unrolled.
#define DERRD_UNROLL _Pragma("GCC unroll 32")

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "derrd/kernels/small_gemm.cc"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include "derrd/kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace derrd::kernels::HWY_NAMESPACE {

// The output is cut into tiles of rows x vectors that fill the register file: 24 sums of 32
// registers, or 12 of 16, beside the vectors of B and one number of A.
#if HWY_TARGET <= HWY_AVX3 || HWY_ARCH_ARM_A64
constexpr std::size_t kSums = 24;
constexpr std::size_t kMaxVectors = 4;
#else
constexpr std::size_t kSums = 12;
constexpr std::size_t kMaxVectors = 2;
#endif
constexpr std::size_t kDepth = 256;  // of k that is summed in one pass

template <typename T>
constexpr std::size_t kPanelWidth = kMaxVectors* hn::MaxLanes(Tag<T>());

// Element (i, p) of op(A) is data[i * row + p * step].
template <typename T>
struct Left {
  const T* data;
  std::size_t row, step;
};

// Some columns of op(B), row by row: whole vectors.
template <typename T>
struct Panel {
  const T* data;
  std::size_t stride;
};

// Rows [0, kRows) of C = or += A * panel, of which `width` columns count: all vectors are whole but
// perhaps the last.
template <std::size_t kRows, std::size_t kVectors, typename T>
HWY_INLINE void MultiplyTile(const Left<T>& a, const Panel<T>& b, std::size_t depth,
                             std::size_t width, bool add, T* HWY_RESTRICT c, std::size_t c_stride) {
  const Tag<T> d;
  const std::size_t lanes = hn::Lanes(d);
  const std::size_t last = (kVectors - 1) * lanes, left = width - last;
  Vec<T> sums[kRows][kVectors];
  DERRD_UNROLL for (std::size_t r = 0; r < kRows; ++r) {
    DERRD_UNROLL for (std::size_t v = 0; v < kVectors; ++v) sums[r][v] = hn::Zero(d);
  }
  if (add) {
    DERRD_UNROLL for (std::size_t r = 0; r < kRows; ++r) {
      const T* from = c + r * c_stride;
      DERRD_UNROLL for (std::size_t v = 0; v + 1 < kVectors; ++v) {
        sums[r][v] = hn::LoadU(d, from + v * lanes);
      }
      sums[r][kVectors - 1] = LoadUpTo(from + last, left);
    }
  }
  const T* b_row = b.data;
  const T* a_column = a.data;
  for (std::size_t p = 0; p < depth; ++p, b_row += b.stride, a_column += a.step) {
    Vec<T> right[kVectors];
    DERRD_UNROLL for (std::size_t v = 0; v < kVectors; ++v) {
      right[v] = hn::LoadU(d, b_row + v * lanes);
    }
    DERRD_UNROLL for (std::size_t r = 0; r < kRows; ++r) {
      const auto factor = hn::Set(d, a_column[r * a.row]);
      DERRD_UNROLL for (std::size_t v = 0; v < kVectors; ++v) {
        sums[r][v] = hn::MulAdd(factor, right[v], sums[r][v]);
      }
    }
  }
  DERRD_UNROLL for (std::size_t r = 0; r < kRows; ++r) {
    T* to = c + r * c_stride;
    DERRD_UNROLL for (std::size_t v = 0; v + 1 < kVectors; ++v) {
      hn::StoreU(sums[r][v], d, to + v * lanes);
    }
    StoreUpTo(sums[r][kVectors - 1], to + last, left);
  }
}

// All `rows` rows: in tiles as high as the registers allow, then lower and lower ones.
template <std::size_t kRows, std::size_t kVectors, typename T>
HWY_INLINE void MultiplyRows(std::size_t rows, Left<T> a, const Panel<T>& b, std::size_t depth,
                             std::size_t width, bool add, T* c, std::size_t c_stride) {
  for (; rows >= kRows; rows -= kRows, a.data += kRows * a.row, c += kRows * c_stride) {
    MultiplyTile<kRows, kVectors>(a, b, depth, width, add, c, c_stride);
  }
  if constexpr (kRows > 1) {
    if (rows > 0) {
      MultiplyRows<kRows / 2, kVectors>(rows, a, b, depth, width, add, c, c_stride);
    }
  }
}

template <typename T>
HWY_NOINLINE void MultiplyPanel(std::size_t vectors, std::size_t rows, const Left<T>& a,
                                const Panel<T>& b, std::size_t depth, std::size_t width, bool add,
                                T* c, std::size_t c_stride) {
  if (vectors == 1) {
    MultiplyRows<12, 1>(rows, a, b, depth, width, add, c, c_stride);
  } else if (vectors == 2) {
    MultiplyRows<kSums / 2, 2>(rows, a, b, depth, width, add, c, c_stride);
  }
  if constexpr (kMaxVectors > 2) {
    if (vectors == 3) {
      MultiplyRows<kSums / 3, 3>(rows, a, b, depth, width, add, c, c_stride);
    } else if (vectors == 4) {
      MultiplyRows<kSums / 4, 4>(rows, a, b, depth, width, add, c, c_stride);
    }
  }
}

// to (depth x kPanelWidth) = the first `width` columns of b, then zeros up to whole vectors.
template <typename T>
HWY_INLINE void PackColumns(const T* b, std::size_t b_stride, std::size_t depth, std::size_t width,
                            T* HWY_RESTRICT to) {
  const Tag<T> d;
  for (std::size_t p = 0; p < depth; ++p, b += b_stride, to += kPanelWidth<T>) {
    for (std::size_t j = 0; j < width; j += hn::Lanes(d)) {
      hn::Store(LoadUpTo(b + j, width - j), d, to + j);
    }
  }
}

// Columns [0, 4) of four rows of `to` = rows [0, 4) of four columns of b, transposed.
#if HWY_TARGET != HWY_SCALAR
HWY_INLINE void TransposeFour(const double*, std::size_t, double*, std::size_t) {}
HWY_INLINE void TransposeFour(const float* b, std::size_t b_stride, float* HWY_RESTRICT to,
                              std::size_t to_stride) {
  const hn::Full128<float> d;
  const auto r0 = hn::LoadU(d, b), r1 = hn::LoadU(d, b + b_stride);
  const auto r2 = hn::LoadU(d, b + 2 * b_stride), r3 = hn::LoadU(d, b + 3 * b_stride);
  const auto even_low = hn::InterleaveLower(d, r0, r2), odd_low = hn::InterleaveLower(d, r1, r3);
  const auto even_up = hn::InterleaveUpper(d, r0, r2), odd_up = hn::InterleaveUpper(d, r1, r3);
  hn::StoreU(hn::InterleaveLower(d, even_low, odd_low), d, to);
  hn::StoreU(hn::InterleaveUpper(d, even_low, odd_low), d, to + to_stride);
  hn::StoreU(hn::InterleaveLower(d, even_up, odd_up), d, to + 2 * to_stride);
  hn::StoreU(hn::InterleaveUpper(d, even_up, odd_up), d, to + 3 * to_stride);
}
#endif

// The same of rows of b, which become columns. A cache line of each row at a time, so that what is
// written is written whole.
template <typename T>
HWY_INLINE void PackRows(const T* b, std::size_t b_stride, std::size_t depth, std::size_t width,
                         T* HWY_RESTRICT to) {
  constexpr std::size_t kStride = kPanelWidth<T>;
  constexpr std::size_t kLine = 64 / sizeof(T);
  const std::size_t lanes = hn::Lanes(Tag<T>());
  const std::size_t end = (width + lanes - 1) / lanes * lanes;
  for (std::size_t begin = 0; begin < depth; begin += kLine) {
    const std::size_t until = std::min(depth, begin + kLine);
    std::size_t j = 0;
#if HWY_TARGET != HWY_SCALAR
    if (sizeof(T) == sizeof(float) && until == begin + kLine) {
      for (; j + 4 <= width; j += 4) {
        for (std::size_t i = j; i < j + 4; ++i) hwy::Prefetch(b + i * b_stride + until);
        for (std::size_t p = begin; p < until; p += 4) {
          TransposeFour(b + j * b_stride + p, b_stride, to + p * kStride + j, kStride);
        }
      }
    }
#endif
    for (std::size_t p = begin; p < until; ++p) {
      for (std::size_t i = j; i < width; ++i) to[p * kStride + i] = b[i * b_stride + p];
      std::fill(to + p * kStride + std::max(j, width), to + p * kStride + end, T{0});
    }
  }
}

template <typename T>
void SmallGemmOf(Op a_op, Op b_op, std::size_t m, std::size_t n, std::size_t k, const T* a,
                 std::size_t a_stride, const T* b, std::size_t b_stride, bool add, T* c,
                 std::size_t c_stride) {
  HWY_ALIGN T packed[kDepth * kPanelWidth<T>];
  const std::size_t lanes = hn::Lanes(Tag<T>());
  const bool a_rows = a_op == Op::kNone, b_rows = b_op == Op::kNone;
  const std::size_t b_row = b_rows ? b_stride : 1, b_column = b_rows ? 1 : b_stride;
  std::size_t p = 0;
  do {  // once for k = 0, too: C is then zero
    const std::size_t depth = std::min(kDepth, k - p);
    const Left<T> left{a + (a_rows ? p : p * a_stride), a_rows ? a_stride : 1,
                       a_rows ? 1 : a_stride};
    std::size_t vectors_left = (n + lanes - 1) / lanes;
    std::size_t panels = (vectors_left + kMaxVectors - 1) / kMaxVectors;
    for (std::size_t j = 0; j < n; --panels) {  // panels of widths as alike as can be
      const std::size_t vectors = (vectors_left + panels - 1) / panels;
      const std::size_t width = std::min(n - j, vectors * lanes);
      const T* from = b + p * b_row + j * b_column;
      Panel<T> panel{from, b_stride};
      if (!b_rows) {
        PackRows(from, b_stride, depth, width, packed);
        panel = {packed, kPanelWidth<T>};
      } else if (width < vectors * lanes) {
        PackColumns(from, b_stride, depth, width, packed);
        panel = {packed, kPanelWidth<T>};
      }
      MultiplyPanel(vectors, m, left, panel, depth, width, add, c + j, c_stride);
      vectors_left -= vectors;
      j += width;
    }
    p += depth;
    add = true;
  } while (p < k);
}

void SmallGemmF32(Op a_op, Op b_op, std::size_t m, std::size_t n, std::size_t k, const float* a,
                  std::size_t a_stride, const float* b, std::size_t b_stride, bool add, float* c,
                  std::size_t c_stride) {
  SmallGemmOf(a_op, b_op, m, n, k, a, a_stride, b, b_stride, add, c, c_stride);
}

void SmallGemmF64(Op a_op, Op b_op, std::size_t m, std::size_t n, std::size_t k, const double* a,
                  std::size_t a_stride, const double* b, std::size_t b_stride, bool add, double* c,
                  std::size_t c_stride) {
  SmallGemmOf(a_op, b_op, m, n, k, a, a_stride, b, b_stride, add, c, c_stride);
}

}  // namespace derrd::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace derrd::kernels {

HWY_EXPORT(SmallGemmF32);
HWY_EXPORT(SmallGemmF64);

void SmallGemm(Op a_op, Op b_op, std::size_t m, std::size_t n, std::size_t k, const float* a,
               std::size_t a_stride, const float* b, std::size_t b_stride, bool add, float* c,
               std::size_t c_stride) {
  HWY_DYNAMIC_DISPATCH(SmallGemmF32)
  (a_op, b_op, m, n, k, a, a_stride, b, b_stride, add, c, c_stride);
}

void SmallGemm(Op a_op, Op b_op, std::size_t m, std::size_t n, std::size_t k, const double* a,
               std::size_t a_stride, const double* b, std::size_t b_stride, bool add, double* c,
               std::size_t c_stride) {
  HWY_DYNAMIC_DISPATCH(SmallGemmF64)
  (a_op, b_op, m, n, k, a, a_stride, b, b_stride, add, c, c_stride);
}

}  // namespace derrd::kernels
#endif  // HWY_ONCE
