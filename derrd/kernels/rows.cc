#include "derrd/kernels/rows.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "derrd/kernels/rows.cc"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include "derrd/kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace derrd::kernels::HWY_NAMESPACE {

// How many rows of this width to ask for ahead: some kilobytes.
HWY_INLINE std::size_t RowsAhead(std::size_t width) {
  return std::clamp<std::size_t>(2048 / width, 2, 24);
}

#if HWY_TARGET == HWY_SCALAR
HWY_INLINE void StoreFourSums(Vec<float> a, Vec<float> b, Vec<float> c, Vec<float> e, float* out) {
  out[0] = hn::GetLane(a);
  out[1] = hn::GetLane(b);
  out[2] = hn::GetLane(c);
  out[3] = hn::GetLane(e);
}
#else
// The vector's blocks of four lanes added up.
template <class D, class V>
HWY_INLINE auto SumOfBlocks(D, V v) {
  if constexpr (hn::MaxLanes(D()) <= 4) {
    return v;
  } else {
    const hn::Half<D> half;
    return SumOfBlocks(half, hn::Add(hn::LowerHalf(half, v), hn::UpperHalf(half, v)));
  }
}

// The sums of the lanes of four vectors: a transposition and additions, together cheaper than four
// reductions.
HWY_INLINE void StoreFourSums(Vec<float> a, Vec<float> b, Vec<float> c, Vec<float> e, float* out) {
  const Tag<float> d;
  const hn::Full128<float> d4;
  const auto a4 = SumOfBlocks(d, a), b4 = SumOfBlocks(d, b);
  const auto c4 = SumOfBlocks(d, c), e4 = SumOfBlocks(d, e);
  const auto ab = hn::Add(hn::InterleaveLower(d4, a4, b4), hn::InterleaveUpper(d4, a4, b4));
  const auto ce = hn::Add(hn::InterleaveLower(d4, c4, e4), hn::InterleaveUpper(d4, c4, e4));
  hn::StoreU(hn::Add(hn::ConcatLowerLower(d4, ce, ab), hn::ConcatUpperUpper(d4, ce, ab)), d4, out);
}
#endif

// Dot products of rows row(0) ... row(count - 1). Four rows at once: their loads are independent,
// so their latencies overlap.
template <class Row>
HWY_INLINE void DotsOf(const float* query, std::size_t width, std::size_t count, float* out,
                       const Row& row) {
  const Tag<float> d;
  const std::size_t lanes = hn::Lanes(d);
  std::size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    const float *r0 = row(i), *r1 = row(i + 1), *r2 = row(i + 2), *r3 = row(i + 3);
    auto s0 = hn::Zero(d), s1 = hn::Zero(d), s2 = hn::Zero(d), s3 = hn::Zero(d);
    for (std::size_t k = 0; k < width; k += lanes) {
      const std::size_t left = width - k;
      const auto q = LoadUpTo(query + k, left);
      s0 = hn::MulAdd(q, LoadUpTo(r0 + k, left), s0);
      s1 = hn::MulAdd(q, LoadUpTo(r1 + k, left), s1);
      s2 = hn::MulAdd(q, LoadUpTo(r2 + k, left), s2);
      s3 = hn::MulAdd(q, LoadUpTo(r3 + k, left), s3);
    }
    StoreFourSums(s0, s1, s2, s3, out + i);
  }
  for (; i < count; ++i) {
    auto s = hn::Zero(d);
    for (std::size_t k = 0; k < width; k += lanes) {
      s = hn::MulAdd(LoadUpTo(query + k, width - k), LoadUpTo(row(i) + k, width - k), s);
    }
    out[i] = hn::GetLane(hn::SumOfLanes(d, s));
  }
}

void DotsImpl(const float* query, const float* table, std::size_t width, std::size_t count,
              float* out) {
  DotsOf(query, width, count, out, [&](std::size_t i) { return table + i * width; });
}

void GatherDotsImpl(const float* query, const float* table, std::size_t width,
                    const std::int32_t* rows, std::size_t count, float* out) {
  const std::size_t ahead = RowsAhead(width);  // rows are scattered: ask for them early
  DotsOf(query, width, count, out, [&](std::size_t i) {
    if (i + ahead < count) {
      PrefetchRow(table + static_cast<std::size_t>(rows[i + ahead]) * width, width);
    }
    return table + static_cast<std::size_t>(rows[i]) * width;
  });
}

void GatherRowsImpl(const float* table, std::size_t width, const std::int32_t* rows,
                    std::size_t count, float* out) {
  const std::size_t lanes = hn::Lanes(Tag<float>());
  const std::size_t ahead = RowsAhead(width);
  for (std::size_t i = 0; i < count; ++i, out += width) {
    if (i + ahead < count) {
      PrefetchRow(table + static_cast<std::size_t>(rows[i + ahead]) * width, width);
    }
    const float* row = table + static_cast<std::size_t>(rows[i]) * width;
    for (std::size_t k = 0; k < width; k += lanes) {
      StoreUpTo(LoadUpTo(row + k, width - k), out + k, width - k);
    }
  }
}

// Pairs are scattered over both tables: ask for them early. Their products are independent, so the
// processor overlaps them by itself.
void PairDotsImpl(const float* a, const std::int32_t* a_rows, const float* b,
                  const std::int32_t* b_rows, std::size_t width, std::size_t count, float* out) {
  const std::size_t ahead = RowsAhead(width);
  const Tag<float> d;
  const std::size_t lanes = hn::Lanes(d);
  const auto row = [width](const float* table, const std::int32_t* rows, std::size_t i) {
    return table + static_cast<std::size_t>(rows[i]) * width;
  };
  for (std::size_t i = 0; i < count; ++i) {
    if (i + ahead < count) {
      PrefetchRow(row(a, a_rows, i + ahead), width);
      PrefetchRow(row(b, b_rows, i + ahead), width);
    }
    const float *x = row(a, a_rows, i), *y = row(b, b_rows, i);
    auto sum = hn::Zero(d);
    for (std::size_t k = 0; k < width; k += lanes) {
      sum = hn::MulAdd(LoadUpTo(x + k, width - k), LoadUpTo(y + k, width - k), sum);
    }
    out[i] = hn::GetLane(hn::SumOfLanes(d, sum));
  }
}

// Four vectors of the sum stay in registers while the rows stream by.
HWY_INLINE void AddWeightedBlock(const float* weights, const std::int32_t* rows, std::size_t count,
                                 const float* table, std::size_t stride, float* sum) {
  const Tag<float> d;
  const std::size_t lanes = hn::Lanes(d);
  auto s0 = hn::LoadU(d, sum), s1 = hn::LoadU(d, sum + lanes);
  auto s2 = hn::LoadU(d, sum + 2 * lanes), s3 = hn::LoadU(d, sum + 3 * lanes);
  for (std::size_t i = 0; i < count; ++i) {
    const float* row = table + static_cast<std::size_t>(rows[i]) * stride;
    const auto weight = hn::Set(d, weights[i]);
    s0 = hn::MulAdd(weight, hn::LoadU(d, row), s0);
    s1 = hn::MulAdd(weight, hn::LoadU(d, row + lanes), s1);
    s2 = hn::MulAdd(weight, hn::LoadU(d, row + 2 * lanes), s2);
    s3 = hn::MulAdd(weight, hn::LoadU(d, row + 3 * lanes), s3);
  }
  hn::StoreU(s0, d, sum);
  hn::StoreU(s1, d, sum + lanes);
  hn::StoreU(s2, d, sum + 2 * lanes);
  hn::StoreU(s3, d, sum + 3 * lanes);
}

// The same for n <= 4 vectors.
HWY_INLINE void AddWeightedRest(const float* weights, const std::int32_t* rows, std::size_t count,
                                const float* table, std::size_t stride, std::size_t n, float* sum) {
  const Tag<float> d;
  const std::size_t lanes = hn::Lanes(d);
  const auto part = [&](std::size_t v) { return n > v * lanes ? n - v * lanes : 0; };
  const std::size_t n0 = part(0), n1 = part(1), n2 = part(2), n3 = part(3);
  auto s0 = LoadUpTo(sum, n0);
  auto s1 = n1 > 0 ? LoadUpTo(sum + lanes, n1) : hn::Zero(d);
  auto s2 = n2 > 0 ? LoadUpTo(sum + 2 * lanes, n2) : hn::Zero(d);
  auto s3 = n3 > 0 ? LoadUpTo(sum + 3 * lanes, n3) : hn::Zero(d);
  for (std::size_t i = 0; i < count; ++i) {
    const float* row = table + static_cast<std::size_t>(rows[i]) * stride;
    const auto weight = hn::Set(d, weights[i]);
    s0 = hn::MulAdd(weight, LoadUpTo(row, n0), s0);
    if (n1 > 0) s1 = hn::MulAdd(weight, LoadUpTo(row + lanes, n1), s1);
    if (n2 > 0) s2 = hn::MulAdd(weight, LoadUpTo(row + 2 * lanes, n2), s2);
    if (n3 > 0) s3 = hn::MulAdd(weight, LoadUpTo(row + 3 * lanes, n3), s3);
  }
  StoreUpTo(s0, sum, n0);
  if (n1 > 0) StoreUpTo(s1, sum + lanes, n1);
  if (n2 > 0) StoreUpTo(s2, sum + 2 * lanes, n2);
  if (n3 > 0) StoreUpTo(s3, sum + 3 * lanes, n3);
}

void AddWeightedRowsImpl(const float* weights, const std::int32_t* rows, std::size_t count,
                         const float* table, std::size_t stride, std::size_t width, float* sum) {
  const std::size_t block = 4 * hn::Lanes(Tag<float>());
  std::size_t begin = 0;
  for (; begin + block <= width; begin += block) {
    AddWeightedBlock(weights, rows, count, table + begin, stride, sum + begin);
  }
  if (begin < width) {
    AddWeightedRest(weights, rows, count, table + begin, stride, width - begin, sum + begin);
  }
}

// Columns of one list's sum: kVectors vectors, the last of them of `last` numbers. `left`: rows of
// this list and of those behind it.
template <std::size_t kVectors>
HWY_INLINE void SumColumns(const float* weights, const std::int32_t* rows, std::size_t count,
                           std::size_t left, const float* table, std::size_t width,
                           std::size_t last, float* out) {
  const Tag<float> d;
  const std::size_t lanes = hn::Lanes(d);
  const std::size_t ahead = RowsAhead(width);
  constexpr std::size_t kWhole = kVectors - 1;
  Vec<float> sums[kVectors];
  for (auto& sum : sums) sum = hn::Zero(d);
  for (std::size_t i = 0; i < count; ++i) {
    if (i + ahead < left) {
      PrefetchRow(table + static_cast<std::size_t>(rows[i + ahead]) * width, kWhole * lanes + last);
    }
    const float* row = table + static_cast<std::size_t>(rows[i]) * width;
    const auto weight = hn::Set(d, weights[i]);
    for (std::size_t v = 0; v < kWhole; ++v) {
      sums[v] = hn::MulAdd(weight, hn::LoadU(d, row + v * lanes), sums[v]);
    }
    sums[kWhole] = hn::MulAdd(weight, LoadUpTo(row + kWhole * lanes, last), sums[kWhole]);
  }
  for (std::size_t v = 0; v < kWhole; ++v) hn::StoreU(sums[v], d, out + v * lanes);
  StoreUpTo(sums[kWhole], out + kWhole * lanes, last);
}

template <std::size_t kVectors>
HWY_INLINE void SumLists(const float* weights, const std::int32_t* rows, const std::int64_t* begins,
                         std::size_t lists, const float* table, std::size_t width,
                         std::size_t columns, float* out) {
  const std::size_t last = columns - (kVectors - 1) * hn::Lanes(Tag<float>());
  const auto end = static_cast<std::size_t>(begins[lists]);
  for (std::size_t l = 0; l < lists; ++l) {
    const auto first = static_cast<std::size_t>(begins[l]);
    const std::size_t count = static_cast<std::size_t>(begins[l + 1]) - first;
    SumColumns<kVectors>(weights + first, rows + first, count, end - first, table, width, last,
                         out + l * width);
  }
}

void SumWeightedListsImpl(const float* weights, const std::int32_t* rows,
                          const std::int64_t* begins, std::size_t lists, const float* table,
                          std::size_t width, float* out) {
  const std::size_t lanes = hn::Lanes(Tag<float>());
  for (std::size_t column = 0; column < width; column += 4 * lanes) {
    const std::size_t columns = std::min(width - column, 4 * lanes);
    const auto sum = [&](const auto& lists_of) {
      lists_of(weights, rows, begins, lists, table + column, width, columns, out + column);
    };
    switch ((columns + lanes - 1) / lanes) {
      case 1:
        sum(SumLists<1>);
        break;
      case 2:
        sum(SumLists<2>);
        break;
      case 3:
        sum(SumLists<3>);
        break;
      default:
        sum(SumLists<4>);
    }
  }
}

}  // namespace derrd::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace derrd::kernels {

HWY_EXPORT(DotsImpl);
HWY_EXPORT(GatherDotsImpl);
HWY_EXPORT(AddWeightedRowsImpl);
HWY_EXPORT(PairDotsImpl);
HWY_EXPORT(GatherRowsImpl);
HWY_EXPORT(SumWeightedListsImpl);

void Dots(const float* query, const float* table, std::size_t width, std::size_t count,
          float* out) {
  HWY_DYNAMIC_DISPATCH(DotsImpl)(query, table, width, count, out);
}

void GatherDots(const float* query, const float* table, std::size_t width, const std::int32_t* rows,
                std::size_t count, float* out) {
  HWY_DYNAMIC_DISPATCH(GatherDotsImpl)(query, table, width, rows, count, out);
}

void GatherRows(const float* table, std::size_t width, const std::int32_t* rows, std::size_t count,
                float* out) {
  HWY_DYNAMIC_DISPATCH(GatherRowsImpl)(table, width, rows, count, out);
}

void PairDots(const float* a, const std::int32_t* a_rows, const float* b,
              const std::int32_t* b_rows, std::size_t width, std::size_t count, float* out) {
  HWY_DYNAMIC_DISPATCH(PairDotsImpl)(a, a_rows, b, b_rows, width, count, out);
}

void AddWeightedRows(const float* weights, const std::int32_t* rows, std::size_t count,
                     const float* table, std::size_t stride, std::size_t width, float* sum) {
  HWY_DYNAMIC_DISPATCH(AddWeightedRowsImpl)(weights, rows, count, table, stride, width, sum);
}

void SumWeightedLists(const float* weights, const std::int32_t* rows, const std::int64_t* begins,
                      std::size_t lists, const float* table, std::size_t width, float* out) {
  HWY_DYNAMIC_DISPATCH(SumWeightedListsImpl)(weights, rows, begins, lists, table, width, out);
}

}  // namespace derrd::kernels
#endif  // HWY_ONCE
