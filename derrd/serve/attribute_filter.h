// Items by what is known of them: only fiction, in English or French.
#ifndef DERRD_SERVE_ATTRIBUTE_FILTER_H_
#define DERRD_SERVE_ATTRIBUTE_FILTER_H_

#include <cstddef>
#include <span>
#include <string_view>

#include "derrd/core/error.h"
#include "derrd/data/dataset.h"
#include "derrd/serve/item_set.h"

namespace derrd {

// A value that an attribute is to have, as somebody wrote it.
struct WantedValue {
  std::string_view name, value;
  bool operator==(const WantedValue&) const = default;
};

// There is no such attribute, or no item has this value of it.
class UnknownAttribute : public Error {
 public:
  using Error::Error;
};

// The items that have a value that is wanted of each attribute that is named: values of one
// attribute are alternatives, and all attributes must fit. wanted: at least one, in any order,
// repeats allowed. UnknownAttribute that names the first value that is unknown, and what is nearest
// to it. O(item_count / 64) for each attribute, and the number of items of each value.
ItemSet ItemsWhere(const ItemAttributes& attributes, std::size_t item_count,
                   std::span<const WantedValue> wanted);

}  // namespace derrd

#endif  // DERRD_SERVE_ATTRIBUTE_FILTER_H_
