#include "derrd/models/item_lists.h"

#include <utility>

namespace derrd {

namespace {

// Calls move(from, to) for every pair: where it stands, and where it will.
template <typename Move>
ItemLists TransposedWith(const ItemListsView& lists, std::size_t items, const Move& move) {
  ItemLists result;
  result.offsets.assign(items + 1, 0);
  for (const std::int32_t item : lists.items) ++result.offsets[static_cast<std::size_t>(item) + 1];
  for (std::size_t i = 1; i <= items; ++i) result.offsets[i] += result.offsets[i - 1];
  std::vector<std::int64_t> next(result.offsets.begin(), result.offsets.end() - 1);
  result.items.resize(lists.size());
  for (std::size_t user = 0, from = 0; user < lists.users(); ++user) {
    for (const std::int32_t item : lists.Of(user)) {
      const auto to = static_cast<std::size_t>(next[static_cast<std::size_t>(item)]++);
      result.items[to] = static_cast<std::int32_t>(user);
      move(from++, to);
    }
  }
  return result;
}

}  // namespace

ItemLists Transposed(const ItemListsView& lists, std::size_t items) {
  return TransposedWith(lists, items, [](std::size_t, std::size_t) {});
}

WeightedLists Transposed(const WeightedListsView& lists, std::size_t items) {
  WeightedLists result;
  result.weights.resize(lists.weights.size());
  result.targets.resize(lists.targets.size());
  result.lists = TransposedWith(lists.lists, items, [&](std::size_t from, std::size_t to) {
    if (lists.weights.empty()) return;
    result.weights[to] = lists.weights[from];
    result.targets[to] = lists.targets[from];
  });
  return result;
}

}  // namespace derrd
