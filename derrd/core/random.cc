#include "derrd/core/random.h"

#include <algorithm>
#include <bit>
#include <cassert>

#include "derrd/kernels/feistel.h"

namespace derrd {
namespace {

// Six rounds over fewer bits than this favour some orders of a few elements by several percent.
constexpr int kLeastBits = 8;

constexpr std::size_t kTogether = 256;  // elements whose walks go side by side

}  // namespace

void RandomStream::FirstDraws(std::uint64_t seed, Role role, std::uint64_t step,
                              std::span<const std::uint64_t> entities,
                              std::span<kernels::PhiloxBlock> first) {
  assert(entities.size() == first.size());
  for (std::size_t i = 0; i < entities.size(); ++i) {
    const auto& counter = RandomStream(seed, role, step, entities[i]).counter_;
    for (std::size_t w = 0; w < first[i].size(); ++w) first[i][w] = counter[w];
  }
  kernels::Philox({static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)},
                  first);
}

RandomPermutation::RandomPermutation(std::uint64_t seed, Role role, std::uint64_t step,
                                     std::uint64_t n)
    : n_(n) {
  const int bits = std::max(kLeastBits, static_cast<int>(std::bit_width(n > 0 ? n - 1 : 0)));
  half_bits_ = (bits + 1) / 2;
  RandomStream stream(seed, role, step, 0);
  for (auto& key : round_keys_) key = stream.Next();
}

void RandomPermutation::Fill(std::uint64_t first, std::span<std::uint64_t> out) const {
  assert(out.empty() || first + (out.size() - 1) < n_);
  for (std::size_t done = 0; done < out.size(); done += kTogether) {
    Walk(first + done, out.subspan(done, std::min(kTogether, out.size() - done)));
  }
}

// Those that are still outside are moved together after each round of the network, without a
// branch: which ones these are, nobody can predict.
void RandomPermutation::Walk(std::uint64_t first, std::span<std::uint64_t> out) const {
  const auto mask = static_cast<std::uint32_t>((std::uint64_t{1} << half_bits_) - 1);
  std::array<std::uint32_t, kTogether> left, right, place;
  for (std::size_t k = 0; k < out.size(); ++k) {
    left[k] = static_cast<std::uint32_t>((first + k) >> half_bits_);
    right[k] = static_cast<std::uint32_t>(first + k) & mask;
    place[k] = static_cast<std::uint32_t>(k);
  }
  for (std::size_t walking = out.size(); walking > 0;) {
    kernels::FeistelRounds(round_keys_, mask, walking, left.data(), right.data());
    std::size_t outside = 0;
    for (std::size_t k = 0; k < walking; ++k) {
      const std::uint64_t image = (std::uint64_t{left[k]} << half_bits_) | right[k];
      out[place[k]] = image;
      left[outside] = left[k];
      right[outside] = right[k];
      place[outside] = place[k];
      outside += image >= n_ ? 1 : 0;
    }
    walking = outside;
  }
}

}  // namespace derrd
