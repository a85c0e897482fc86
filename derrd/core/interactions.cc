#include "derrd/core/interactions.h"

namespace derrd {

OwnedInteractions ByItem(const Interactions& by_user, std::size_t items) {
  return ByItem(by_user, items, [](std::size_t, std::size_t) {});
}

}  // namespace derrd
