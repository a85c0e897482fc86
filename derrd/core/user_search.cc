#include "derrd/core/user_search.h"

#include <hwy/cache_control.h>

#include <cassert>

namespace derrd {

UserSearch::UserSearch(const Interactions& interactions) : offsets_(interactions.offsets) {
  first_.reserve(interactions.size() / kBlock + 2);
  std::size_t user = 0;
  const auto add = [&](std::size_t place) {
    while (static_cast<std::size_t>(offsets_[user + 1]) <= place) ++user;
    first_.push_back(static_cast<std::int32_t>(user));
  };
  for (std::size_t place = 0; place < interactions.size(); place += kBlock) add(place);
  if (!interactions.empty()) add(interactions.size() - 1);
}

// A user's offsets are the last that lie at or below the place: found by halving, without a branch
// that chance would take.
void UserSearch::Find(std::span<const std::uint64_t> places, std::span<std::int32_t> users) const {
  assert(places.size() == users.size());
  const auto user_at = [this](std::size_t block) {
    return static_cast<std::size_t>(first_[block]);
  };
  for (const std::uint64_t place : places) hwy::Prefetch(first_.data() + place / kBlock);
  for (const std::uint64_t place : places) {
    hwy::Prefetch(offsets_.data() + user_at(place / kBlock));
    hwy::Prefetch(offsets_.data() + user_at(place / kBlock + 1) + 1);  // where its items end
  }
  for (std::size_t i = 0; i < places.size(); ++i) {
    std::size_t low = user_at(places[i] / kBlock);
    std::size_t count = user_at(places[i] / kBlock + 1) - low + 1;
    while (count > 1) {
      const std::size_t half = count / 2;
      low += half * (static_cast<std::uint64_t>(offsets_[low + half]) <= places[i] ? 1 : 0);
      count -= half;
    }
    users[i] = static_cast<std::int32_t>(low);
  }
}

}  // namespace derrd
