// Counter-based random numbers: a draw is a function of (seed, role, step, entity) and of nothing
// else, so results depend neither on threads nor on the order of work, and nothing needs saving in
// a checkpoint. Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC
// 2011).
#ifndef DERRD_CORE_RANDOM_H_
#define DERRD_CORE_RANDOM_H_

#include <Random123/philox.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <span>

#include "derrd/kernels/philox.h"

namespace derrd {

// What a draw is for. Two draws with different roles are independent. The numbers are part of what
// a seed means: never renumber, only append.
enum class Role : std::uint8_t {
  kInitialUser = 0,
  kInitialItem = 1,
  kPermutation = 2,
  kNegative = 3,
  kSplit = 4,
  kCandidates = 5,
  kInitialExpert = 6,
  kInitialSelection = 7,
  kGumbelUser = 8,
  kGumbelPositive = 9,
  kGumbelNegative = 10,
  kInteresting = 11,
  kUninteresting = 12,
  kSyntheticUser = 20,
  kSyntheticItem = 21,
  kInitialLayer = 24,
  kCorruption = 25,
  kRankEstimate = 30,
  kDistilled = 31,
  kInterestingUser = 32,
  kUninterestingUser = 33,
  kInitialHint = 40,
  kInitialGroupExpert = 41,
  kInitialGroupSelection = 42,
  kGumbelGroupUser = 43,
  kGumbelGroupItem = 44,
  kUnderestimatedItem = 50,
  kOverestimatedItem = 51,
  kUnderestimatedUser = 52,
  kOverestimatedUser = 53,
  kRestItem = 54,
  kStudentTop = 55,
  kSearchTrial = 60,
  kTest = 255,
};

// A stream of draws. Cheap to make (two words of state and a block of four draws); make one for
// every (role, step, entity) rather than sharing one. step < 2^32, entity < 2^56. Not thread-safe.
class RandomStream {
 public:
  RandomStream(std::uint64_t seed, Role role, std::uint64_t step, std::uint64_t entity)
      : key_{{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)}},
        counter_{{0, static_cast<std::uint32_t>(entity), static_cast<std::uint32_t>(step),
                  (static_cast<std::uint32_t>(role) << 24) |
                      (static_cast<std::uint32_t>(entity >> 32) & 0xFFFFFFu)}} {}

  // The same, of which the first draws are known; see FirstDraws.
  RandomStream(std::uint64_t seed, Role role, std::uint64_t step, std::uint64_t entity,
               const kernels::PhiloxBlock& first)
      : RandomStream(seed, role, step, entity) {
    for (std::size_t w = 0; w < first.size(); ++w) block_[w] = first[w];
    counter_[0] = 1;
    used_ = 0;
  }

  // Uniform over all 32-bit numbers.
  std::uint32_t Next() {
    if (used_ == 4) {
      block_ = r123::Philox4x32()(counter_, key_);
      ++counter_[0];
      used_ = 0;
    }
    return block_[used_++];
  }

  // first[i]: what the stream of entities[i] begins with. Both are of one size; O(entities), and
  // several times as fast as stream by stream.
  static void FirstDraws(std::uint64_t seed, Role role, std::uint64_t step,
                         std::span<const std::uint64_t> entities,
                         std::span<kernels::PhiloxBlock> first);

  // Uniform in the open interval (0, 1): never 0 and never 1, so log(u) and log(-log(u)) are
  // finite. 24 bits, so that the value is exact in a float: the smallest is 2^-25, the largest 1 -
  // 2^-24.
  float Uniform() {
    const std::uint32_t bits = Next() >> 8;
    return bits == 0 ? 0x1p-25f : static_cast<float>(bits) * 0x1p-24f;
  }

  // Uniform in [0, n), without bias (Lemire, 2019). n >= 1.
  std::uint32_t Below(std::uint32_t n) {
    std::uint64_t product = std::uint64_t{Next()} * n;
    if (static_cast<std::uint32_t>(product) < n) {
      const std::uint32_t threshold = (0u - n) % n;
      while (static_cast<std::uint32_t>(product) < threshold) product = std::uint64_t{Next()} * n;
    }
    return static_cast<std::uint32_t>(product >> 32);
  }

  // Standard normal (Box-Muller, one value of each pair).
  float Normal() {
    const float radius = std::sqrt(-2.0f * std::log(Uniform()));
    return radius * std::cos(6.28318530717958648f * Uniform());
  }

  // Gumbel(0, 1).
  float Gumbel() { return -std::log(-std::log(Uniform())); }

 private:
  r123::Philox4x32::key_type key_;
  r123::Philox4x32::ctr_type counter_;
  r123::Philox4x32::ctr_type block_{};
  int used_ = 4;
};

// A pseudo-random permutation of [0, n) that takes no memory: element i is computed when asked for,
// in any order and by any thread. A balanced Feistel network of six keyed rounds over the
// smallest even number of bits, at least 8, that holds n; values of n and above are walked on
// (Black and Rogaway, "Ciphers with arbitrary finite domains", CT-RSA 2002). Expected cost: under
// four evaluations for n > 64, and 256 / n below.
class RandomPermutation {
 public:
  RandomPermutation(std::uint64_t seed, Role role, std::uint64_t step, std::uint64_t n);

  std::uint64_t size() const { return n_; }
  std::uint64_t operator()(std::uint64_t i) const {
    std::uint64_t image;
    Fill(i, {&image, 1});
    return image;
  }
  // out[k] = image of first + k; first + out.size() <= size(). Cheaper than as many calls.
  void Fill(std::uint64_t first, std::span<std::uint64_t> out) const;

 private:
  static constexpr int kRounds = 6;

  void Walk(std::uint64_t first, std::span<std::uint64_t> out) const;  // Fill, of a few

  std::uint64_t n_;
  int half_bits_;
  std::array<std::uint32_t, kRounds> round_keys_;
};

}  // namespace derrd

#endif  // DERRD_CORE_RANDOM_H_
