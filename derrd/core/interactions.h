// Who interacted with what.
#ifndef DERRD_CORE_INTERACTIONS_H_
#define DERRD_CORE_INTERACTIONS_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace derrd {

// Sets of items by user, in compressed sparse rows. Of(u) are the items of user u, ascending and
// distinct unless it says otherwise where they are handed on. A view: a Dataset, or the vectors it
// was made from, owns the memory.
struct Interactions {
  std::span<const std::int64_t> offsets;  // users + 1 numbers, the first is 0
  std::span<const std::int32_t> items;

  std::size_t size() const { return items.size(); }
  bool empty() const { return items.empty(); }
  std::size_t users() const { return offsets.empty() ? 0 : offsets.size() - 1; }
  std::span<const std::int32_t> Of(std::size_t user) const {
    return items.subspan(static_cast<std::size_t>(offsets[user]),
                         static_cast<std::size_t>(offsets[user + 1] - offsets[user]));
  }
  // The user with the most items, the first of several; 0 when there is none.
  std::size_t Busiest() const {
    std::size_t busiest = 0;
    for (std::size_t user = 1; user < users(); ++user) {
      if (Of(user).size() > Of(busiest).size()) busiest = user;
    }
    return busiest;
  }
  // Of() where there may be none for anybody and so no offsets: a split that is not there.
  std::span<const std::int32_t> OfOrNone(std::size_t user) const {
    return users() == 0 ? std::span<const std::int32_t>() : Of(user);
  }
};

// The same in memory of its own.
struct OwnedInteractions {
  std::vector<std::int64_t> offsets{0};
  std::vector<std::int32_t> items;

  Interactions view() const { return {offsets, items}; }
};

// Room for at most `length` candidates of each entity outside its own of `observed`.
inline OwnedInteractions ListsUpTo(std::size_t length, const Interactions& observed,
                                   std::size_t candidates) {
  OwnedInteractions lists;
  for (std::size_t e = 0; e < observed.users(); ++e) {
    const std::size_t left = candidates - observed.Of(e).size();
    lists.offsets.push_back(lists.offsets.back() +
                            static_cast<std::int64_t>(std::min(length, left)));
  }
  lists.items.resize(static_cast<std::size_t>(lists.offsets.back()));
  return lists;
}

// The other way round: Of(i) of the result are the users of item i, ascending, as often as they
// have it; `items`: how many items there are. O(interactions + users + items).
OwnedInteractions ByItem(const Interactions& by_user, std::size_t items);

// The same, and calls move(from, to) for every pair: where it stands, and where it will.
template <typename Move>
OwnedInteractions ByItem(const Interactions& by_user, std::size_t items, const Move& move) {
  OwnedInteractions by_item;
  by_item.offsets.assign(items + 1, 0);
  for (const std::int32_t item : by_user.items) {
    ++by_item.offsets[static_cast<std::size_t>(item) + 1];
  }
  for (std::size_t i = 1; i <= items; ++i) by_item.offsets[i] += by_item.offsets[i - 1];
  std::vector<std::int64_t> next(by_item.offsets.begin(), by_item.offsets.end() - 1);
  by_item.items.resize(by_user.size());
  for (std::size_t user = 0, from = 0; user < by_user.users(); ++user) {
    for (const std::int32_t item : by_user.Of(user)) {
      const auto to = static_cast<std::size_t>(next[static_cast<std::size_t>(item)]++);
      by_item.items[to] = static_cast<std::int32_t>(user);
      move(from++, to);
    }
  }
  return by_item;
}

}  // namespace derrd

#endif  // DERRD_CORE_INTERACTIONS_H_
