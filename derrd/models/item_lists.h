// Who interacted with what, as models that learn from whole users or graphs are handed it.
#ifndef DERRD_MODELS_ITEM_LISTS_H_
#define DERRD_MODELS_ITEM_LISTS_H_

#include <cstdint>
#include <span>
#include <vector>

namespace derrd {

// The items of each user in compressed sparse rows, distinct within a user. A view.
struct ItemListsView {
  std::span<const std::int64_t> offsets;  // users + 1 numbers, ascending from 0
  std::span<const std::int32_t> items;    // each in [0, how many items there are)

  std::size_t users() const { return offsets.size() - 1; }
  std::size_t size() const { return items.size(); }
  std::span<const std::int32_t> Of(std::size_t user) const {
    return items.subspan(static_cast<std::size_t>(offsets[user]),
                         static_cast<std::size_t>(offsets[user + 1] - offsets[user]));
  }
};

struct ItemLists {
  std::vector<std::int64_t> offsets{0};
  std::vector<std::int32_t> items;

  ItemListsView view() const { return {offsets, items}; }
};

// The users of each item, ascending. O(users + items + interactions).
ItemLists Transposed(const ItemListsView& lists, std::size_t items);

}  // namespace derrd

#endif  // DERRD_MODELS_ITEM_LISTS_H_
