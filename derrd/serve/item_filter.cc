#include "derrd/serve/item_filter.h"

#include <algorithm>

namespace derrd {

bool ItemFilter::Passes(std::int32_t item) const {
  return (allowed == nullptr || allowed->Contains(item)) &&
         !std::ranges::binary_search(seen, item) && !std::ranges::binary_search(excluded, item);
}

std::vector<std::int32_t> LeftOut(const ItemFilter& filter, std::size_t items) {
  std::vector<char> is_out(items, filter.allowed == nullptr ? 0 : 1);
  const auto mark = [&](std::span<const std::int32_t> list, char out) {
    for (const std::int32_t item : list) is_out[static_cast<std::size_t>(item)] = out;
  };
  if (filter.allowed != nullptr) mark(filter.allowed->items(), 0);
  mark(filter.seen, 1);
  mark(filter.excluded, 1);
  std::vector<std::int32_t> out;
  for (std::size_t i = 0; i < items; ++i) {
    if (is_out[i] != 0) out.push_back(static_cast<std::int32_t>(i));
  }
  return out;
}

}  // namespace derrd
