#include "derrd/serve/id_search.h"

#include <algorithm>
#include <array>

#include "derrd/serve/ascii.h"

namespace derrd::serve {
namespace {

// 0: the text begins with it, 1: holds it elsewhere, 2: does not hold it.
std::size_t Place(std::string_view text, std::string_view part) {
  const auto found = std::ranges::search(text, part, {}, LowerAscii, LowerAscii);
  if (found.begin() == text.end() && !part.empty()) return 2;
  return found.begin() == text.begin() ? 0 : 1;
}

}  // namespace

std::vector<std::int32_t> FindIds(const Ids& ids, const Ids& names, std::string_view text,
                                  std::size_t limit) {
  std::vector<std::int32_t> found;
  const auto itself = ids.Find(text);
  if (itself && limit > 0) found.push_back(*itself);
  std::array<std::vector<std::int32_t>, 2> by_place;
  for (std::size_t i = 0; i < ids.size() && by_place[0].size() < limit; ++i) {
    const auto number = static_cast<std::int32_t>(i);
    if (itself == number) continue;
    std::size_t place = Place(ids[i], text);
    if (!names.empty()) place = std::min(place, Place(names[i], text));
    if (place < 2 && by_place[place].size() < limit) by_place[place].push_back(number);
  }
  for (const auto& numbers : by_place) found.insert(found.end(), numbers.begin(), numbers.end());
  found.resize(std::min(found.size(), limit));
  return found;
}

}  // namespace derrd::serve
