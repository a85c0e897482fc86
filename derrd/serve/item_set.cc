#include "derrd/serve/item_set.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <iterator>

#include "derrd/core/error.h"

namespace derrd {

ItemSet::ItemSet(std::size_t item_count, std::span<const std::int32_t> items)
    : item_count_(item_count), words_((item_count + 63) / 64) {
  for (const std::int32_t item : items) {
    const auto i = static_cast<std::size_t>(item);
    if (item < 0 || i >= item_count) {
      Fail("item {} is none of the {} items, which are counted from 0", item, item_count);
    }
    words_[i / 64] |= std::uint64_t{1} << (i % 64);
  }
  for (std::size_t w = 0; w < words_.size(); ++w) {
    for (std::uint64_t word = words_[w]; word != 0; word &= word - 1) {
      items_.push_back(
          static_cast<std::int32_t>(64 * w + static_cast<std::size_t>(std::countr_zero(word))));
    }
  }
}

ItemSet Intersection(const ItemSet& a, const ItemSet& b) {
  assert(a.item_count() == b.item_count());
  std::vector<std::int32_t> both;
  std::ranges::copy_if(a.items(), std::back_inserter(both),
                       [&](std::int32_t item) { return b.Contains(item); });
  return ItemSet(a.item_count(), both);
}

}  // namespace derrd
