// Whose an interaction is.
#ifndef DERRD_CORE_USER_SEARCH_H_
#define DERRD_CORE_USER_SEARCH_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "derrd/core/interactions.h"

namespace derrd {

// Finds the users of interactions by their places in Interactions::items. Memory: 4 bytes for 64
// interactions; made in O(users + interactions / 64). The offsets must outlive it.
class UserSearch {
 public:
  explicit UserSearch(const Interactions& interactions);

  // users[i] is whose items hold places[i], each below interactions.size(). O(log of the users who
  // share 64 interactions) each; all that is read from memory is asked for before, so that it is
  // waited for together.
  void Find(std::span<const std::uint64_t> places, std::span<std::int32_t> users) const;

 private:
  static constexpr std::size_t kBlock = 64;  // interactions

  std::span<const std::int64_t> offsets_;
  std::vector<std::int32_t> first_;  // whose each block's first interaction is; whose the last
};

}  // namespace derrd

#endif  // DERRD_CORE_USER_SEARCH_H_
