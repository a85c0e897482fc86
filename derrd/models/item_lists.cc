#include "derrd/models/item_lists.h"

#include <utility>

namespace derrd {

ItemLists Transposed(const ItemListsView& lists, std::size_t items) {
  ItemLists result;
  result.offsets.assign(items + 1, 0);
  for (const std::int32_t item : lists.items) ++result.offsets[static_cast<std::size_t>(item) + 1];
  for (std::size_t i = 1; i <= items; ++i) result.offsets[i] += result.offsets[i - 1];
  std::vector<std::int64_t> next(result.offsets.begin(), result.offsets.end() - 1);
  result.items.resize(lists.size());
  for (std::size_t user = 0; user < lists.users(); ++user) {
    for (const std::int32_t item : lists.Of(user)) {
      const auto at = static_cast<std::size_t>(next[static_cast<std::size_t>(item)]++);
      result.items[at] = static_cast<std::int32_t>(user);
    }
  }
  return result;
}

}  // namespace derrd
