#include "derrd/kernels/adam.h"

#include <hwy/cache_control.h>

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "derrd/kernels/adam.cc"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include "derrd/kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace derrd::kernels::HWY_NAMESPACE {

using F = Vec<float>;

template <class D>
struct Broadcast {
  explicit Broadcast(const AdamConstants& c)
      : beta1(hn::Set(D(), c.beta1)),
        beta2(hn::Set(D(), c.beta2)),
        rest1(hn::Set(D(), 1.0f - c.beta1)),
        rest2(hn::Set(D(), 1.0f - c.beta2)),
        epsilon(hn::Set(D(), c.epsilon)),
        l2(hn::Set(D(), c.l2)) {}
  hn::Vec<D> beta1, beta2, rest1, rest2, epsilon, l2;
};

// `g` already holds the L2 part.
template <class V, class D>
HWY_INLINE void Move(V& w, V& m, V& v, V g, V step_size, V root_scale, const Broadcast<D>& b) {
  m = hn::MulAdd(b.beta1, m, hn::Mul(b.rest1, g));
  v = hn::MulAdd(b.beta2, v, hn::Mul(b.rest2, hn::Mul(g, g)));
  const V denominator = hn::MulAdd(hn::Sqrt(v), root_scale, b.epsilon);
  w = hn::NegMulAdd(step_size, hn::Div(m, denominator), w);
}

// One step of a vector of parameters.
template <class D>
HWY_INLINE void StepAt(D d, float* HWY_RESTRICT w, float* HWY_RESTRICT m, float* HWY_RESTRICT v,
                       const float* HWY_RESTRICT gradient, const AdamStepScale& scale,
                       const Broadcast<D>& b) {
  auto wi = hn::LoadU(d, w), mi = hn::LoadU(d, m), vi = hn::LoadU(d, v);
  const auto g = hn::MulAdd(b.l2, wi, hn::LoadU(d, gradient));
  Move(wi, mi, vi, g, hn::Set(d, scale.step_size), hn::Set(d, scale.root_scale), b);
  hn::StoreU(wi, d, w);
  hn::StoreU(mi, d, m);
  hn::StoreU(vi, d, v);
}

// Whole vectors first, then ever smaller ones: square roots and divisions of lanes that hold
// nothing would cost as much as the others.
struct Stepper {
  Stepper(const AdamStepScale& s, const AdamConstants& constants)
      : scale(s), wide(constants), four(constants), one(constants) {}

  HWY_INLINE void Step(float* w, float* m, float* v, const float* gradient, std::size_t n) const {
    const Tag<float> d;
    const std::size_t lanes = hn::Lanes(d);
    std::size_t i = 0;
    for (; i + lanes <= n; i += lanes) StepAt(d, w + i, m + i, v + i, gradient + i, scale, wide);
    const Four d4;
    for (; i + 4 <= n; i += 4) StepAt(d4, w + i, m + i, v + i, gradient + i, scale, four);
    const One d1;
    for (; i < n; ++i) StepAt(d1, w + i, m + i, v + i, gradient + i, scale, one);
  }

  using Four = hn::CappedTag<float, 4>;
  using One = hn::CappedTag<float, 1>;
  AdamStepScale scale;
  Broadcast<Tag<float>> wide;
  Broadcast<Four> four;
  Broadcast<One> one;
};

void AdamStepImpl(float* HWY_RESTRICT w, float* HWY_RESTRICT m, float* HWY_RESTRICT v,
                  const float* HWY_RESTRICT gradient, std::size_t n, const AdamStepScale& scale,
                  const AdamConstants& constants) {
  Stepper(scale, constants).Step(w, m, v, gradient, n);
}

// Rows are scattered, so they are asked for early: as many ahead as hold a few cache lines, of each
// of three tables and with more to compute on each than the sums of rows.cc have.
HWY_INLINE void PrefetchAhead(const AdamRows& table, const std::int32_t* rows, std::size_t i,
                              std::size_t count) {
  const std::size_t ahead = i + 1 + 128 / table.width;
  if (ahead >= count) return;
  const std::size_t at = static_cast<std::size_t>(rows[ahead]) * table.width;
  for (const float* part : {table.w, table.m, table.v}) PrefetchRow(part + at, table.width);
}

void AdamStepRowsImpl(const AdamRows& table, const std::int32_t* rows, std::size_t count,
                      const float* gradients, const AdamStepScale& scale,
                      const AdamConstants& constants) {
  const Stepper stepper(scale, constants);
  const std::size_t width = table.width;
  for (std::size_t i = 0; i < count; ++i) {
    PrefetchAhead(table, rows, i, count);
    const std::size_t at = static_cast<std::size_t>(rows[i]) * width;
    stepper.Step(table.w + at, table.m + at, table.v + at, gradients + i * width, width);
  }
}

// Parameters that are replayed together, gathered from the rows so that every lane holds one:
// vectors in flight. A step waits some 45 cycles for its own square root and division; eight at
// once fill that wait, also where sixteen registers cannot hold their w, m and v.
constexpr std::size_t kInFlight = 8;

class ReplayGroup {
 public:
  ReplayGroup(const AdamRows& table, std::int32_t to, const AdamStepScale* scales,
              const AdamConstants& constants)
      : table_(table), to_(to), scales_(scales), broadcast_(constants) {}

  // Takes a row that stands at step `from`, and replays whenever the group is full.
  void Add(std::size_t row, std::int32_t from) {
    for (std::size_t k = 0; k < table_.width;) {
      const std::size_t count = std::min(table_.width - k, Capacity() - filled_);
      Copy<true>(row * table_.width + k, filled_, count);
      segments_[held_++] = {row * table_.width + k, filled_, count, from};
      filled_ += count;
      k += count;
      if (filled_ == Capacity()) Replay();
    }
  }

  // What stands at different steps is first brought to the latest of them on its own.
  void Replay() {
    std::int32_t latest = 0;
    for (std::size_t s = 0; s < held_; ++s) latest = std::max(latest, segments_[s].from);
    for (std::size_t s = 0; s < held_; ++s) {
      if (segments_[s].from < latest) ReplaySegment(segments_[s], latest);
    }
    if (filled_ == Capacity()) {
      ReplayVectors<kInFlight>(0, latest);
    } else {
      for (std::size_t k = 0; k < filled_; k += Lanes()) ReplayVectors<1>(k, latest);
    }
    for (std::size_t s = 0; s < held_; ++s) {
      Copy<false>(segments_[s].offset, segments_[s].at, segments_[s].count);
    }
    held_ = filled_ = 0;
  }

 private:
  struct Segment {
    std::size_t offset;  // into the table
    std::size_t at;      // in the group
    std::size_t count;
    std::int32_t from;
  };
  static constexpr std::size_t kMost = kInFlight * hn::MaxLanes(Tag<float>());

  static std::size_t Lanes() { return hn::Lanes(Tag<float>()); }
  static std::size_t Capacity() { return kInFlight * Lanes(); }

  template <bool kIn>
  HWY_INLINE void Copy(std::size_t offset, std::size_t at, std::size_t count) {
    CopyOne<kIn>(table_.w + offset, w_ + at, count);
    CopyOne<kIn>(table_.m + offset, m_ + at, count);
    CopyOne<kIn>(table_.v + offset, v_ + at, count);
  }
  template <bool kIn>
  HWY_INLINE static void CopyOne(float* table, float* group, std::size_t count) {
    float* to = kIn ? group : table;
    const float* from = kIn ? table : group;
    const std::size_t lanes = Lanes();
    for (std::size_t i = 0; i < count; i += lanes) {
      StoreUpTo(LoadUpTo(from + i, count - i), to + i, count - i);
    }
  }

  void ReplaySegment(const Segment& segment, std::int32_t to) {
    const std::size_t lanes = Lanes(), end = segment.at + segment.count;
    for (std::size_t k = segment.at; k < end; k += lanes) {
      F w = LoadUpTo(w_ + k, end - k), m = LoadUpTo(m_ + k, end - k), v = LoadUpTo(v_ + k, end - k);
      for (std::int32_t t = segment.from + 1; t <= to; ++t) StepOf(t, w, m, v);
      StoreUpTo(w, w_ + k, end - k);
      StoreUpTo(m, m_ + k, end - k);
      StoreUpTo(v, v_ + k, end - k);
    }
  }

  template <std::size_t kVectors>
  HWY_INLINE void ReplayVectors(std::size_t at, std::int32_t from) {
    const Tag<float> d;
    const std::size_t lanes = Lanes();
    F w[kVectors], m[kVectors], v[kVectors];
    for (std::size_t p = 0; p < kVectors; ++p) {
      w[p] = hn::Load(d, w_ + at + p * lanes);
      m[p] = hn::Load(d, m_ + at + p * lanes);
      v[p] = hn::Load(d, v_ + at + p * lanes);
    }
    for (std::int32_t t = from + 1; t <= to_; ++t) {
      for (std::size_t p = 0; p < kVectors; ++p) StepOf(t, w[p], m[p], v[p]);
    }
    for (std::size_t p = 0; p < kVectors; ++p) {
      hn::Store(w[p], d, w_ + at + p * lanes);
      hn::Store(m[p], d, m_ + at + p * lanes);
      hn::Store(v[p], d, v_ + at + p * lanes);
    }
  }

  // Step t, whose gradient was zero.
  HWY_INLINE void StepOf(std::int32_t t, F& w, F& m, F& v) const {
    const Tag<float> d;
    Move(w, m, v, hn::Mul(broadcast_.l2, w), hn::Set(d, scales_[t].step_size),
         hn::Set(d, scales_[t].root_scale), broadcast_);
  }

  const AdamRows table_;
  const std::int32_t to_;
  const AdamStepScale* const scales_;
  const Broadcast<Tag<float>> broadcast_;
  std::size_t filled_ = 0, held_ = 0;
  Segment segments_[kMost];
  HWY_ALIGN float w_[kMost] = {}, m_[kMost] = {}, v_[kMost] = {};
};

void AdamReplayImpl(const AdamRows& table, const std::int32_t* rows, const std::int32_t* from,
                    std::size_t count, std::int32_t to, const AdamStepScale* scales,
                    const AdamConstants& constants) {
  ReplayGroup group(table, to, scales, constants);
  for (std::size_t i = 0; i < count; ++i) {
    PrefetchAhead(table, rows, i, count);
    if (from[i] < to) group.Add(static_cast<std::size_t>(rows[i]), from[i]);
  }
  group.Replay();
}

}  // namespace derrd::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace derrd::kernels {

HWY_EXPORT(AdamStepImpl);
HWY_EXPORT(AdamStepRowsImpl);
HWY_EXPORT(AdamReplayImpl);

void AdamStep(float* w, float* m, float* v, const float* gradient, std::size_t n,
              const AdamStepScale& scale, const AdamConstants& constants) {
  HWY_DYNAMIC_DISPATCH(AdamStepImpl)(w, m, v, gradient, n, scale, constants);
}

void AdamStepRows(const AdamRows& table, const std::int32_t* rows, std::size_t count,
                  const float* gradients, const AdamStepScale& scale,
                  const AdamConstants& constants) {
  HWY_DYNAMIC_DISPATCH(AdamStepRowsImpl)(table, rows, count, gradients, scale, constants);
}

void AdamReplay(const AdamRows& table, const std::int32_t* rows, const std::int32_t* from,
                std::size_t count, std::int32_t to, const AdamStepScale* scales,
                const AdamConstants& constants) {
  HWY_DYNAMIC_DISPATCH(AdamReplayImpl)(table, rows, from, count, to, scales, constants);
}

}  // namespace derrd::kernels
#endif  // HWY_ONCE
