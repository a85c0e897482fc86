// How an error speaks of an id or a value that is none.
#ifndef DERRD_SERVE_UNKNOWN_TEXT_H_
#define DERRD_SERVE_UNKNOWN_TEXT_H_

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace derrd {

// "'textt'; did you mean 'text'?": the text, cut where it is long, and the nearest of known(0) ...
// known(count - 1), unless they are so many that looking would take longer than an answer.
std::string QuotedWithNearest(std::string_view text, std::size_t count,
                              const std::function<std::string_view(std::size_t)>& known);

}  // namespace derrd

#endif  // DERRD_SERVE_UNKNOWN_TEXT_H_
