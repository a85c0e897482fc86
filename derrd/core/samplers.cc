#include "derrd/core/samplers.h"

#include <hwy/cache_control.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <limits>
#include <numeric>

#include "derrd/kernels/exp_log.h"

namespace derrd {
namespace {

constexpr std::int32_t kFree = -1;  // a place of a hash table

// The part of a list in which a search starts: places [low, low + count), at least one.
struct Part {
  std::size_t low, count;
};

Part AllOf(std::span<const std::int32_t> observed) {
  return {0, std::max<std::size_t>(1, observed.size())};
}

// All of a short list. Of a longer one what lies around the place of the answer in a list that is
// spread evenly over all items.
Part GuessPart(std::span<const std::int32_t> observed, std::size_t items, std::uint32_t r) {
  constexpr std::size_t kPart = 64, kShort = 2 * kPart;
  const std::size_t length = observed.size();
  if (length <= kShort) return AllOf(observed);
  const auto place = static_cast<std::size_t>(static_cast<double>(length) * r /
                                              static_cast<double>(items - length));
  return {std::min(std::max(place, kPart / 2) - kPart / 2, length - kPart), kPart};
}

void Prefetch(std::span<const std::int32_t> observed, Part part) {
  if (observed.empty()) return;
  constexpr std::size_t kLine = 16;  // numbers in a cache line
  for (std::size_t i = 0; i < part.count; i += kLine) hwy::Prefetch(&observed[part.low + i]);
  hwy::Prefetch(&observed[part.low + part.count - 1]);
}

// observed[i] - i unobserved items lie below observed[i]. Whether the r-th lies above it.
bool IsBelow(const std::int32_t* observed, std::size_t i, std::uint32_t r) {
  return static_cast<std::uint32_t>(observed[i]) - static_cast<std::uint32_t>(i) <= r;
}

// The part, or what lies on the answer's side of it when the answer is not there.
Part WithAnswer(std::span<const std::int32_t> observed, Part part, std::uint32_t r) {
  if (part.count >= observed.size()) return part;
  const std::size_t last = part.low + part.count - 1;
  if (!IsBelow(observed.data(), part.low, r)) return {0, std::max<std::size_t>(1, part.low)};
  if (IsBelow(observed.data(), last, r)) return {last, observed.size() - last};
  return part;
}

// NthUnobserved of `kSearches` lists at once, so that their reads overlap, in parts that hold the
// answer: finds how many observed items lie below it, by halving, without a branch that chance
// would take. A search that has ended goes on in place.
template <std::size_t kSearches>
void Search(const std::span<const std::int32_t>* observed, const std::array<Part, kSearches>& parts,
            const std::uint32_t* r, std::int32_t* out) {
  static constexpr std::int32_t kNone = std::numeric_limits<std::int32_t>::max();
  std::array<const std::int32_t*, kSearches> data;
  std::array<std::size_t, kSearches> low, count;
  std::size_t longest = 1;
  for (std::size_t s = 0; s < kSearches; ++s) {
    data[s] = observed[s].empty() ? &kNone : observed[s].data();
    low[s] = parts[s].low;
    count[s] = parts[s].count;
    longest = std::max(longest, count[s]);
  }
  const auto below = [&](std::size_t s, std::size_t at) -> std::size_t {
    return IsBelow(data[s], at, r[s]) ? 1 : 0;
  };
  for (int round = std::bit_width(longest - 1); round > 0; --round) {
    for (std::size_t s = 0; s < kSearches; ++s) {
      const std::size_t half = count[s] / 2;
      low[s] += half * below(s, low[s] + half);
      count[s] -= half;
    }
  }
  for (std::size_t s = 0; s < kSearches; ++s) {
    out[s] = static_cast<std::int32_t>(r[s] + low[s] + below(s, low[s]));
  }
}

}  // namespace

std::int32_t NthUnobserved(std::span<const std::int32_t> observed, std::uint32_t r) {
  std::int32_t item;
  Search<1>(&observed, {AllOf(observed)}, &r, &item);
  return item;
}

void NthUnobserved(std::span<const std::span<const std::int32_t>> observed, std::size_t items,
                   std::span<const std::uint32_t> r, std::span<std::int32_t> out) {
  assert(observed.size() == r.size() && r.size() == out.size());
  constexpr std::size_t kTogether = 16, kAhead = 256;  // searches; lists whose parts are asked for
  std::array<Part, kAhead> parts;
  for (std::size_t begin = 0; begin < out.size(); begin += kAhead) {
    const std::size_t end = std::min(begin + kAhead, out.size());
    for (std::size_t l = begin; l < end; ++l) {
      parts[l - begin] = GuessPart(observed[l], items, r[l]);
      Prefetch(observed[l], parts[l - begin]);
    }
    const auto part = [&](std::size_t l) {
      return WithAnswer(observed[l], parts[l - begin], r[l]);
    };
    std::size_t l = begin;
    for (; l + kTogether <= end; l += kTogether) {
      std::array<Part, kTogether> with_answer;
      for (std::size_t s = 0; s < kTogether; ++s) with_answer[s] = part(l + s);
      Search<kTogether>(&observed[l], with_answer, &r[l], &out[l]);
    }
    for (; l < end; ++l) Search<1>(&observed[l], {part(l)}, &r[l], &out[l]);
  }
}

std::int32_t SampleUnobserved(std::span<const std::int32_t> observed, std::size_t items,
                              RandomStream& stream) {
  assert(observed.size() < items);
  return NthUnobserved(observed, stream.Below(static_cast<std::uint32_t>(items - observed.size())));
}

void DistinctSampler::Sample(std::span<const std::int32_t> excluded, RandomStream& stream,
                             std::span<std::int32_t> out) {
  assert(items_ >= excluded.size() + out.size());
  taken_.assign(std::bit_ceil(2 * out.size()), kFree);
  auto range = static_cast<std::uint32_t>(items_ - excluded.size() - out.size());
  for (std::int32_t& item : out) {
    item = NthUnobserved(excluded, stream.Below(range + 1));
    if (!Take(item)) Take(item = NthUnobserved(excluded, range));
    ++range;
  }
}

bool DistinctSampler::Take(std::int32_t item) {
  const std::size_t mask = taken_.size() - 1;
  // A multiple of the golden ratio spreads neighbours.
  std::size_t at = (static_cast<std::uint32_t>(item) * 2654435769u >> 7) & mask;
  while (taken_[at] != kFree) {
    if (taken_[at] == item) return false;
    at = (at + 1) & mask;
  }
  taken_[at] = item;
  return true;
}

PositionSampler::PositionSampler(std::size_t length, double temperature) : log_weights_(length) {
  const auto inverse_temperature = static_cast<float>(1.0 / temperature);
  for (std::size_t p = 0; p < length; ++p) {
    log_weights_[p] = -(static_cast<float>(p) * inverse_temperature);
  }
}

// A chunk of positions at a time, for as long as the highest key that the next position could have
// is above the lowest of the best `count`. That ends long before a long ranking does, and changes
// nothing of what is chosen.
std::span<const std::int32_t> PositionSampler::Sample(std::size_t count, RandomStream& stream) {
  const std::size_t length = log_weights_.size();
  assert(count <= length);
  constexpr float kHighestGumbel =
      16.7f;  // -log(-log(u)) of the highest u that is drawn, 1 - 2^-24
  const auto higher = [](const Key& a, const Key& b) { return a.value > b.value; };
  keys_.clear();
  for (std::size_t begin = 0; begin < length && count > 0; begin += kChunk) {
    if (keys_.size() >= count) {
      std::nth_element(keys_.begin(), keys_.begin() + static_cast<std::ptrdiff_t>(count - 1),
                       keys_.end(), higher);
      keys_.resize(count);
      if (keys_.back().value > kHighestGumbel + log_weights_[begin]) break;
    }
    const std::size_t positions = std::min(kChunk, length - begin);
    std::array<float, kChunk> gumbel;
    for (std::size_t i = 0; i < positions; ++i) gumbel[i] = stream.Uniform();
    kernels::GumbelOfUniform(positions, gumbel.data());
    for (std::size_t i = 0; i < positions; ++i) {
      keys_.push_back({gumbel[i] + log_weights_[begin + i], static_cast<std::int32_t>(begin + i)});
    }
  }
  const auto end_of_chosen = keys_.begin() + static_cast<std::ptrdiff_t>(count);
  if (count < keys_.size()) std::nth_element(keys_.begin(), end_of_chosen, keys_.end(), higher);
  chosen_.clear();
  for (auto key = keys_.begin(); key != end_of_chosen; ++key) chosen_.push_back(key->position);
  std::sort(chosen_.begin(), chosen_.end());
  return chosen_;
}

std::span<const std::int32_t> WeightedSampler::Sample(std::span<const float> log_weights,
                                                      std::size_t count, RandomStream& stream) {
  assert(count <= log_weights.size());
  keys_.resize(log_weights.size());
  for (float& key : keys_) key = stream.Uniform();
  kernels::GumbelOfUniform(keys_.size(), keys_.data());
  for (std::size_t i = 0; i < keys_.size(); ++i) keys_[i] += log_weights[i];
  chosen_.resize(keys_.size());
  std::iota(chosen_.begin(), chosen_.end(), 0);
  const auto end = chosen_.begin() + static_cast<std::ptrdiff_t>(count);
  std::nth_element(chosen_.begin(), end, chosen_.end(), [this](std::int32_t a, std::int32_t b) {
    const float x = keys_[static_cast<std::size_t>(a)], y = keys_[static_cast<std::size_t>(b)];
    return x != y ? x > y : a < b;
  });
  chosen_.resize(count);
  std::sort(chosen_.begin(), chosen_.end());
  return chosen_;
}

}  // namespace derrd
