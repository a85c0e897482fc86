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

// Lists to fit: how much each pair counts, and the score it should have. A view.
struct WeightedListsView {
  WeightedListsView(const ItemListsView& all_alike) : lists(all_alike) {}  // NOLINT: as they are
  WeightedListsView(const ItemListsView& pairs, std::span<const float> pair_weights,
                    std::span<const float> pair_targets)
      : lists(pairs), weights(pair_weights), targets(pair_targets) {}

  ItemListsView lists;
  std::span<const float> weights, targets;  // one a pair; both empty: 1 everywhere

  std::span<const float> WeightsOf(std::size_t user) const { return Part(weights, user); }
  std::span<const float> TargetsOf(std::size_t user) const { return Part(targets, user); }

 private:
  std::span<const float> Part(std::span<const float> all, std::size_t user) const {
    if (all.empty()) return {};
    return all.subspan(static_cast<std::size_t>(lists.offsets[user]), lists.Of(user).size());
  }
};

// A pair may stand in a list more than once, and counts each time.
struct WeightedLists {
  ItemLists lists;
  std::vector<float> weights, targets;

  WeightedListsView view() const { return {lists.view(), weights, targets}; }
};

// The same by item; the pairs of an item in the order of their users.
WeightedLists Transposed(const WeightedListsView& lists, std::size_t items);

}  // namespace derrd

#endif  // DERRD_MODELS_ITEM_LISTS_H_
