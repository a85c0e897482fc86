#include "derrd/eval/best_k.h"

#include <hwy/contrib/sort/vqsort.h>

#include <algorithm>
#include <bit>
#include <limits>

namespace derrd {
namespace {

// Up to this many are kept in order: the threshold is then that of this very moment, so fewer items
// get past it. More of them would take longer to move than that saves.
constexpr std::size_t kMostInOrder = 32;
// Of more, how many gather before all but the best k of them are let go.
constexpr std::size_t kRoomForEach = 2;

constexpr std::uint32_t kSign = 0x80000000u;

// A number that is higher for a better item: by score, of equal scores the lower item. One integer
// compares several times faster than the two fields.
std::uint64_t KeyOf(float score, std::size_t item) {
  const auto bits = std::bit_cast<std::uint32_t>(score + 0.0f);  // -0 becomes 0: they are equal
  const std::uint32_t ordered = (bits & kSign) != 0 ? ~bits : bits | kSign;
  return std::uint64_t{ordered} << 32 | ~static_cast<std::uint32_t>(item);
}

ScoredItem ItemOf(std::uint64_t key) {
  const auto ordered = static_cast<std::uint32_t>(key >> 32);
  const std::uint32_t bits = (ordered & kSign) != 0 ? ordered & ~kSign : ~ordered;
  return {static_cast<std::int32_t>(~static_cast<std::uint32_t>(key)), std::bit_cast<float>(bits)};
}

}  // namespace

void BestK::Begin(std::size_t k, std::size_t items, float floor) {
  k_ = std::min(k, items);
  room_ = k_ <= kMostInOrder ? k_ + 1 : kRoomForEach * k_;
  keys_.clear();
  keys_.reserve(room_);
  threshold_ = k_ == 0 ? std::numeric_limits<float>::infinity() : floor;
}

void BestK::Offer(float score, std::size_t item) {
  const std::uint64_t key = KeyOf(score, item);
  if (k_ <= kMostInOrder) {
    InsertInOrder(key);
  } else {
    keys_.push_back(key);
    if (keys_.size() == room_) Shrink();
  }
}

void BestK::InsertInOrder(std::uint64_t key) {
  keys_.push_back(key);
  std::size_t place = keys_.size() - 1;
  for (; place > 0 && keys_[place - 1] < key; --place) keys_[place] = keys_[place - 1];
  keys_[place] = key;
  if (keys_.size() > k_) keys_.pop_back();
  if (keys_.size() == k_) threshold_ = ItemOf(keys_.back()).score;
}

void BestK::Shrink() {
  const auto kth = keys_.begin() + static_cast<std::ptrdiff_t>(k_) - 1;
  std::ranges::nth_element(keys_, kth, std::ranges::greater());
  threshold_ = ItemOf(*kth).score;
  keys_.resize(k_);
}

std::span<const ScoredItem> BestK::Take() {
  if (k_ > kMostInOrder) hwy::Sorter()(keys_.data(), keys_.size(), hwy::SortDescending());
  keys_.resize(std::min(k_, keys_.size()));
  best_.resize(keys_.size());
  std::ranges::transform(keys_, best_.begin(), ItemOf);
  return best_;
}

}  // namespace derrd
