#include "derrd/data/id_table.h"

#include <cstring>
#include <utility>

#include "derrd/core/error.h"

namespace derrd {
namespace {

constexpr std::size_t kStartSlots = 1024;

__extension__ typedef unsigned __int128 Uint128;  // pedantically no ISO C++

// Multiplies to 128 bits and folds: every bit of the text reaches the result.
std::uint64_t Fold(std::uint64_t a, std::uint64_t b) {
  const auto product = static_cast<Uint128>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

std::uint32_t Hash(std::string_view text) {
  constexpr std::uint64_t kMultiplier = 0x9E3779B97F4A7C15u;
  std::uint64_t hash = kMultiplier ^ text.size();
  const char* data = text.data();
  std::size_t left = text.size();
  std::uint64_t word = 0;
  for (; left >= sizeof(word); left -= sizeof(word), data += sizeof(word)) {
    std::memcpy(&word, data, sizeof(word));
    hash = Fold(hash ^ word, kMultiplier);
  }
  word = 0;
  for (; left > 0; --left) word = word << 8 | static_cast<unsigned char>(*data++);
  return static_cast<std::uint32_t>(Fold(hash ^ word, kMultiplier));
}

}  // namespace

IdTable::IdTable(std::string what, std::size_t limit)
    : what_(std::move(what)), limit_(limit), slots_(kStartSlots, Slot{0, kFree}) {}

std::size_t IdTable::SlotOf(std::string_view id, std::uint32_t hash) const {
  std::size_t slot = hash & (slots_.size() - 1);
  while (slots_[slot].index != kFree) {
    const bool same =
        slots_[slot].hash == hash && (*this)[static_cast<std::size_t>(slots_[slot].index)] == id;
    if (same) break;
    slot = (slot + 1) & (slots_.size() - 1);
  }
  return slot;
}

std::int32_t IdTable::Intern(std::string_view id) {
  const std::uint32_t hash = Hash(id);
  const std::size_t slot = SlotOf(id, hash);
  if (slots_[slot].index != kFree) return slots_[slot].index;
  if (size() >= limit_)
    Fail("more than {} {}: that many ids do not fit; import a part", limit_, what_);
  const auto index = static_cast<std::int32_t>(size());
  slots_[slot] = {hash, index};
  blob_.insert(blob_.end(), id.begin(), id.end());
  offsets_.push_back(blob_.size());
  if (size() * 2 > slots_.size()) Grow();
  return index;
}

std::optional<std::int32_t> IdTable::Find(std::string_view id) const {
  const std::int32_t index = slots_[SlotOf(id, Hash(id))].index;
  if (index == kFree) return std::nullopt;
  return index;
}

void IdTable::Grow() {
  std::vector<Slot> old(slots_.size() * 2, Slot{0, kFree});
  old.swap(slots_);
  for (const Slot& entry : old) {
    if (entry.index == kFree) continue;
    std::size_t slot = entry.hash & (slots_.size() - 1);
    while (slots_[slot].index != kFree) slot = (slot + 1) & (slots_.size() - 1);
    slots_[slot] = entry;
  }
}

}  // namespace derrd
