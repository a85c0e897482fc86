#include "derrd/data/by_item.h"

#include <numeric>

namespace derrd {

OwnedInteractions ByItem(const Interactions& by_user, std::size_t items) {
  OwnedInteractions by_item;
  by_item.offsets.assign(items + 1, 0);
  by_item.items.resize(by_user.size());
  for (const std::int32_t item : by_user.items) {
    ++by_item.offsets[static_cast<std::size_t>(item) + 1];
  }
  std::partial_sum(by_item.offsets.begin(), by_item.offsets.end(), by_item.offsets.begin());
  std::vector<std::int64_t> next(by_item.offsets.begin(), by_item.offsets.end() - 1);
  for (std::size_t user = 0; user < by_user.users(); ++user) {
    for (const std::int32_t item : by_user.Of(user)) {
      const std::int64_t place = next[static_cast<std::size_t>(item)]++;
      by_item.items[static_cast<std::size_t>(place)] = static_cast<std::int32_t>(user);
    }
  }
  return by_item;
}

}  // namespace derrd
