// Finding a user or an item by what somebody has typed so far.
#ifndef DERRD_SERVE_ID_SEARCH_H_
#define DERRD_SERVE_ID_SEARCH_H_

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "derrd/core/ids.h"

namespace derrd::serve {

// At most `limit` numbers whose id or name holds the text, whatever the case of its ASCII letters:
// first the id itself, then ids and names that begin with it, then the rest, each in their order.
// An empty text finds the first ones. names: as many as ids, or none. O(bytes of ids and names), a
// few milliseconds for a hundred thousand.
std::vector<std::int32_t> FindIds(const Ids& ids, const Ids& names, std::string_view text,
                                  std::size_t limit);

}  // namespace derrd::serve

#endif  // DERRD_SERVE_ID_SEARCH_H_
