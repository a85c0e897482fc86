#include "derrd/serve/unknown_text.h"

#include <fmt/format.h>

#include "derrd/core/nearest.h"
#include "derrd/data/utf8.h"

namespace derrd {

std::string QuotedWithNearest(std::string_view text, std::size_t count,
                              const std::function<std::string_view(std::size_t)>& known) {
  constexpr std::size_t kMostToSearch = 20000;
  constexpr std::size_t kMostShown = 100;  // bytes
  const bool search = count <= kMostToSearch && text.size() <= kMostShown;
  return fmt::format("'{}'{}", Shortened(text, kMostShown),
                     search ? DidYouMean(text, count, known) : std::string());
}

}  // namespace derrd
