// Interactions the other way round: who interacted with an item.
#ifndef DERRD_DATA_BY_ITEM_H_
#define DERRD_DATA_BY_ITEM_H_

#include <cstddef>

#include "derrd/data/dataset.h"

namespace derrd {

// Of(i) of the result are the users of item i, ascending and distinct; `items`: how many items
// there are. O(interactions + items).
OwnedInteractions ByItem(const Interactions& by_user, std::size_t items);

}  // namespace derrd

#endif  // DERRD_DATA_BY_ITEM_H_
