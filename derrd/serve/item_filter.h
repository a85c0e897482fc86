// Which items a query may be answered with.
#ifndef DERRD_SERVE_ITEM_FILTER_H_
#define DERRD_SERVE_ITEM_FILTER_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "derrd/serve/item_set.h"

namespace derrd {

// Those of `allowed` (null: every item) that are in neither list. A view.
struct ItemFilter {
  std::span<const std::int32_t> seen, excluded;  // each ascending and distinct
  const ItemSet* allowed = nullptr;

  bool Passes(std::int32_t item) const;  // O(log n) in the lengths of the lists
};

// The items that are not left, ascending. O(items).
std::vector<std::int32_t> LeftOut(const ItemFilter& filter, std::size_t items);

}  // namespace derrd

#endif  // DERRD_SERVE_ITEM_FILTER_H_
