#include "derrd/models/weighted_lists.h"

namespace derrd {

WeightedLists ByItem(const WeightedListsView& lists, std::size_t items) {
  WeightedLists result;
  result.weights.resize(lists.weights.size());
  result.targets.resize(lists.targets.size());
  result.lists = ByItem(lists.lists, items, [&](std::size_t from, std::size_t to) {
    if (lists.weights.empty()) return;
    result.weights[to] = lists.weights[from];
    result.targets[to] = lists.targets[from];
  });
  return result;
}

}  // namespace derrd
