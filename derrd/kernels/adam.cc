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

void AdamStepRowsImpl(const AdamRows& table, const RowList& list, const float* gradients,
                      const AdamStepScale& scale, const AdamConstants& constants) {
  const Stepper stepper(scale, constants);
  const std::size_t width = table.width;
  for (std::size_t i = 0; i < list.count; ++i) {
    PrefetchAhead({table.w, table.m, table.v}, width, list, i);
    const std::size_t at = static_cast<std::size_t>(list.rows[i]) * width;
    stepper.Step(table.w + at, table.m + at, table.v + at, gradients + i * width, width);
  }
}

// Replays rows that it is given one after the other. Whole vectors are replayed where they lie; the
// ends of rows that fill none are gathered, so that every lane holds a parameter.
class Replayer {
 public:
  Replayer(const AdamRows& table, std::int32_t to, const AdamStepScale* scales,
           const AdamConstants& constants)
      : table_(table), to_(to), scales_(scales), broadcast_(constants) {
    for (std::size_t p = 0; p < kInFlight; ++p) {
      const std::size_t at = p * Lanes();
      ends_.vectors[p] = {gathered_.w + at, gathered_.m + at, gathered_.v + at};
    }
  }

  // Takes a row that stands at step `from`, before `to`.
  void Add(std::size_t row, std::int32_t from) {
    std::size_t at = row * table_.width;
    const std::size_t end = at + table_.width;
    for (; end - at >= Lanes(); at += Lanes()) AddWhole(at, from);
    if (at < end) AddEnd(at, end - at, from);
  }

  void Finish() {
    if (whole_count_ > 0) ReplayWholes();
    if (end_count_ > 0) ReplayEnds();
  }

 private:
  // Vectors in flight. A step waits some 45 cycles for its own square root and division; eight at
  // once fill that wait, also where sixteen registers cannot hold their w, m and v.
  static constexpr std::size_t kInFlight = 8;
  static constexpr std::size_t kMostLanes = hn::MaxLanes(Tag<float>());
  static constexpr std::size_t kMost = kInFlight * kMostLanes;

  struct Vector {
    float *w, *m, *v;
  };
  struct Group {
    Vector vectors[kInFlight];
    HWY_ALIGN std::int32_t from[kMost + kMostLanes];  // of each lane
    std::int32_t earliest = 0, latest = 0;            // of those that hold a parameter
  };
  struct End {
    std::size_t offset;  // into the table
    std::size_t at;      // in what is gathered
    std::size_t count;
  };
  template <std::size_t kCount>
  struct Numbers {
    HWY_ALIGN float w[kCount] = {}, m[kCount] = {}, v[kCount] = {};
  };

  static std::size_t Lanes() { return hn::Lanes(Tag<float>()); }
  static std::size_t Capacity() { return kInFlight * Lanes(); }

  HWY_INLINE void AddWhole(std::size_t at, std::int32_t from) {
    wholes_.vectors[whole_count_] = {table_.w + at, table_.m + at, table_.v + at};
    Note(wholes_, whole_count_ * Lanes(), from);
    if (++whole_count_ == kInFlight) ReplayWholes();
  }

  HWY_INLINE void AddEnd(std::size_t at, std::size_t count, std::int32_t from) {
    if (filled_ + count > Capacity()) ReplayEnds();
    GatherEnd(table_.w + at, count, gathered_.w + filled_);
    GatherEnd(table_.m + at, count, gathered_.m + filled_);
    GatherEnd(table_.v + at, count, gathered_.v + filled_);
    Note(ends_, filled_, from);
    ends_held_[end_count_++] = {at, filled_, count};
    filled_ += count;
  }

  // Where the lanes from `at` stand; those of the next replace what is too much.
  HWY_INLINE static void Note(Group& group, std::size_t at, std::int32_t from) {
    const Tag<std::int32_t> d;
    hn::StoreU(hn::Set(d, from), d, group.from + at);
    group.earliest = at == 0 ? from : std::min(group.earliest, from);
    group.latest = at == 0 ? from : std::max(group.latest, from);
  }

  // Writes zeros behind what it copies.
  HWY_INLINE static void GatherEnd(const float* from, std::size_t count, float* to) {
    hn::StoreU(LoadFirst(from, count), Tag<float>(), to);
  }
  HWY_INLINE static void ScatterEnd(const float* from, std::size_t count, float* to) {
    StoreFirst(hn::LoadU(Tag<float>(), from), to, count);
  }

  void ReplayWholes() {
    for (std::size_t p = whole_count_; p < kInFlight; ++p) {
      wholes_.vectors[p] = {nothing_.w, nothing_.m, nothing_.v};
    }
    Replay(wholes_, whole_count_ * Lanes());
    whole_count_ = 0;
  }

  void ReplayEnds() {
    Replay(ends_, filled_);
    for (std::size_t e = 0; e < end_count_; ++e) {
      const auto [offset, at, count] = ends_held_[e];
      ScatterEnd(gathered_.w + at, count, table_.w + offset);
      ScatterEnd(gathered_.m + at, count, table_.m + offset);
      ScatterEnd(gathered_.v + at, count, table_.v + offset);
    }
    end_count_ = filled_ = 0;
  }

  // What stands at different steps is first brought to the latest of them. Lanes from `held` hold
  // nothing.
  void Replay(Group& group, std::size_t held) {
    const Tag<float> d;
    const Tag<std::int32_t> steps;
    std::fill(group.from + held, group.from + Capacity(), to_);
    F w[kInFlight], m[kInFlight], v[kInFlight];
    for (std::size_t p = 0; p < kInFlight; ++p) {
      w[p] = hn::LoadU(d, group.vectors[p].w);
      m[p] = hn::LoadU(d, group.vectors[p].m);
      v[p] = hn::LoadU(d, group.vectors[p].v);
    }
    std::int32_t t = group.earliest + 1;
    for (; t <= group.latest; ++t) {
      for (std::size_t p = 0; p < kInFlight; ++p) {
        const auto from = hn::Load(steps, group.from + p * Lanes());
        const auto moves = hn::RebindMask(d, hn::Lt(from, hn::Set(steps, t)));
        F wt = w[p], mt = m[p], vt = v[p];
        StepOf(t, wt, mt, vt);
        w[p] = hn::IfThenElse(moves, wt, w[p]);
        m[p] = hn::IfThenElse(moves, mt, m[p]);
        v[p] = hn::IfThenElse(moves, vt, v[p]);
      }
    }
    for (; t <= to_; ++t) {
      for (std::size_t p = 0; p < kInFlight; ++p) StepOf(t, w[p], m[p], v[p]);
    }
    for (std::size_t p = 0; p < kInFlight; ++p) {
      hn::StoreU(w[p], d, group.vectors[p].w);
      hn::StoreU(m[p], d, group.vectors[p].m);
      hn::StoreU(v[p], d, group.vectors[p].v);
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
  Group wholes_, ends_;
  std::size_t whole_count_ = 0, end_count_ = 0, filled_ = 0;
  End ends_held_[kMost];
  Numbers<kMost + kMostLanes> gathered_;
  Numbers<kMostLanes> nothing_;
};

void AdamReplayImpl(const AdamRows& table, const std::int32_t* rows, const std::int32_t* from,
                    std::size_t count, std::int32_t to, const AdamStepScale* scales,
                    const AdamConstants& constants) {
  if (count == 0) return;
  Replayer replayer(table, to, scales, constants);
  for (std::size_t i = 0; i < count; ++i) {
    PrefetchAhead({table.w, table.m, table.v}, table.width, {rows, count}, i);
    if (from[i] < to) replayer.Add(static_cast<std::size_t>(rows[i]), from[i]);
  }
  replayer.Finish();
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

void AdamStepRows(const AdamRows& table, const RowList& list, const float* gradients,
                  const AdamStepScale& scale, const AdamConstants& constants) {
  HWY_DYNAMIC_DISPATCH(AdamStepRowsImpl)(table, list, gradients, scale, constants);
}

void AdamReplay(const AdamRows& table, const std::int32_t* rows, const std::int32_t* from,
                std::size_t count, std::int32_t to, const AdamStepScale* scales,
                const AdamConstants& constants) {
  HWY_DYNAMIC_DISPATCH(AdamReplayImpl)(table, rows, from, count, to, scales, constants);
}

}  // namespace derrd::kernels
#endif  // HWY_ONCE
