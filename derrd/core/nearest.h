// "Did you mean ...?" for whatever a user mistyped: a flag, a key, an id.
#ifndef DERRD_CORE_NEAREST_H_
#define DERRD_CORE_NEAREST_H_

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace derrd {

// How many characters must be inserted, deleted, replaced or swapped with their neighbour to turn
// one text into the other (optimal string alignment distance, over bytes), or `limit` + 1 when that
// is more than `limit`. O(|a| |b|) time at most; texts whose lengths differ too much cost nothing.
std::size_t EditDistance(std::string_view a, std::string_view b, std::size_t limit);

// The index, of 0 ... count - 1, whose text is nearest to `text`, the first of equals; nothing when
// none is near enough to be a slip of the hand: at most a third of the characters, and at least
// one character in common.
std::optional<std::size_t> Nearest(std::string_view text, std::size_t count,
                                   const std::function<std::string_view(std::size_t)>& known);

// The end of an error message: "; did you mean 'x'?", or nothing when nothing is near.
std::string DidYouMean(std::string_view text, std::size_t count,
                       const std::function<std::string_view(std::size_t)>& known);
std::string DidYouMean(std::string_view text, std::span<const std::string> known);

}  // namespace derrd

#endif  // DERRD_CORE_NEAREST_H_
