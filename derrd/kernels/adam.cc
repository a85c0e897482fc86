#include "derrd/kernels/adam.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "derrd/kernels/adam.cc"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include "derrd/kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace derrd::kernels::HWY_NAMESPACE {

using F = Vec<float>;

struct Broadcast {
  explicit Broadcast(const AdamConstants& c)
      : beta1(hn::Set(Tag<float>(), c.beta1)),
        beta2(hn::Set(Tag<float>(), c.beta2)),
        rest1(hn::Set(Tag<float>(), 1.0f - c.beta1)),
        rest2(hn::Set(Tag<float>(), 1.0f - c.beta2)),
        epsilon(hn::Set(Tag<float>(), c.epsilon)),
        l2(hn::Set(Tag<float>(), c.l2)) {}
  F beta1, beta2, rest1, rest2, epsilon, l2;
};

// `g` already holds the L2 part.
HWY_INLINE void Move(F& w, F& m, F& v, F g, F step_size, F root_scale, const Broadcast& b) {
  m = hn::MulAdd(b.beta1, m, hn::Mul(b.rest1, g));
  v = hn::MulAdd(b.beta2, v, hn::Mul(b.rest2, hn::Mul(g, g)));
  const F denominator = hn::MulAdd(hn::Sqrt(v), root_scale, b.epsilon);
  w = hn::NegMulAdd(step_size, hn::Div(m, denominator), w);
}

void AdamStepImpl(float* HWY_RESTRICT w, float* HWY_RESTRICT m, float* HWY_RESTRICT v,
                  const float* HWY_RESTRICT gradient, std::size_t n, const AdamStepScale& scale,
                  const AdamConstants& constants) {
  const Tag<float> d;
  const std::size_t lanes = hn::Lanes(d);
  const Broadcast b(constants);
  const F step_size = hn::Set(d, scale.step_size);
  const F root_scale = hn::Set(d, scale.root_scale);
  for (std::size_t i = 0; i < n; i += lanes) {
    const std::size_t left = n - i;
    F wi = LoadUpTo(w + i, left), mi = LoadUpTo(m + i, left), vi = LoadUpTo(v + i, left);
    const F g = hn::MulAdd(b.l2, wi, LoadUpTo(gradient + i, left));
    Move(wi, mi, vi, g, step_size, root_scale, b);
    StoreUpTo(wi, w + i, left);
    StoreUpTo(mi, m + i, left);
    StoreUpTo(vi, v + i, left);
  }
}

// Vectors in flight: w, m and v of each, and the constants, must fit the registers.
constexpr std::size_t kInFlight = HWY_TARGET <= HWY_AVX3 ? 8 : 4;

// A vector's worth of one row.
struct Piece {
  std::size_t offset;  // into the table
  std::size_t count;   // lanes that belong to the row
  std::int32_t from;   // the step it stands at
};

template <std::size_t kCount>
HWY_INLINE void ReplayPieces(const AdamRows& table, const Piece* pieces, std::int32_t from,
                             std::int32_t to, const AdamStepScale* scales, const Broadcast& b) {
  const Tag<float> d;
  F w[kCount], m[kCount], v[kCount];
  for (std::size_t p = 0; p < kCount; ++p) {
    w[p] = LoadUpTo(table.w + pieces[p].offset, pieces[p].count);
    m[p] = LoadUpTo(table.m + pieces[p].offset, pieces[p].count);
    v[p] = LoadUpTo(table.v + pieces[p].offset, pieces[p].count);
  }
  for (std::int32_t t = from + 1; t <= to; ++t) {
    const F step_size = hn::Set(d, scales[t].step_size);
    const F root_scale = hn::Set(d, scales[t].root_scale);
    for (std::size_t p = 0; p < kCount; ++p) {
      Move(w[p], m[p], v[p], hn::Mul(b.l2, w[p]), step_size, root_scale, b);
    }
  }
  for (std::size_t p = 0; p < kCount; ++p) {
    StoreUpTo(w[p], table.w + pieces[p].offset, pieces[p].count);
    StoreUpTo(m[p], table.m + pieces[p].offset, pieces[p].count);
    StoreUpTo(v[p], table.v + pieces[p].offset, pieces[p].count);
  }
}

// Pieces that stand at different steps are brought to the latest of them one by one.
void ReplayGroup(const AdamRows& table, const Piece* pieces, std::size_t count, std::int32_t to,
                 const AdamStepScale* scales, const Broadcast& b) {
  std::int32_t latest = pieces[0].from;
  for (std::size_t p = 1; p < count; ++p) latest = std::max(latest, pieces[p].from);
  for (std::size_t p = 0; p < count; ++p) {
    if (pieces[p].from < latest) {
      ReplayPieces<1>(table, pieces + p, pieces[p].from, latest, scales, b);
    }
  }
  if (count == kInFlight) return ReplayPieces<kInFlight>(table, pieces, latest, to, scales, b);
  for (std::size_t p = 0; p < count; ++p) ReplayPieces<1>(table, pieces + p, latest, to, scales, b);
}

void AdamReplayImpl(const AdamRows& table, const std::int32_t* rows, const std::int32_t* from,
                    std::size_t count, std::int32_t to, const AdamStepScale* scales,
                    const AdamConstants& constants) {
  const std::size_t lanes = hn::Lanes(Tag<float>());
  const Broadcast b(constants);
  Piece pieces[kInFlight];
  std::size_t held = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (from[i] >= to) continue;
    for (std::size_t k = 0; k < table.width; k += lanes) {
      pieces[held++] = {static_cast<std::size_t>(rows[i]) * table.width + k,
                        std::min(lanes, table.width - k), from[i]};
      if (held == kInFlight) {
        ReplayGroup(table, pieces, held, to, scales, b);
        held = 0;
      }
    }
  }
  if (held > 0) ReplayGroup(table, pieces, held, to, scales, b);
}

}  // namespace derrd::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace derrd::kernels {

HWY_EXPORT(AdamStepImpl);
HWY_EXPORT(AdamReplayImpl);

void AdamStep(float* w, float* m, float* v, const float* gradient, std::size_t n,
              const AdamStepScale& scale, const AdamConstants& constants) {
  HWY_DYNAMIC_DISPATCH(AdamStepImpl)(w, m, v, gradient, n, scale, constants);
}

void AdamReplay(const AdamRows& table, const std::int32_t* rows, const std::int32_t* from,
                std::size_t count, std::int32_t to, const AdamStepScale* scales,
                const AdamConstants& constants) {
  HWY_DYNAMIC_DISPATCH(AdamReplayImpl)(table, rows, from, count, to, scales, constants);
}

}  // namespace derrd::kernels
#endif  // HWY_ONCE
