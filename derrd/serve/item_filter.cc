#include "derrd/serve/item_filter.h"

#include <algorithm>

namespace derrd {
namespace {

constexpr std::size_t kWordItems = 64;

// Takes the items of a block out of `word`, and all up to its end off the list.
void TakeOff(std::span<const std::int32_t>& list, std::size_t block, std::uint64_t& word) {
  const auto begin = static_cast<std::int32_t>(block * kWordItems);
  if (list.empty()) return;
  std::size_t at = static_cast<std::size_t>(std::ranges::lower_bound(list, begin) - list.begin());
  for (; at < list.size() && list[at] - begin < static_cast<std::int32_t>(kWordItems); ++at) {
    word &= ~(std::uint64_t{1} << (list[at] - begin));
  }
  list = list.subspan(at);
}

}  // namespace

bool ItemFilter::Passes(std::int32_t item) const {
  return (allowed == nullptr || allowed->Contains(item)) &&
         !std::ranges::binary_search(seen, item) && !std::ranges::binary_search(excluded, item);
}

std::uint64_t FilterWalk::Open(std::size_t block) {
  const std::size_t left = items_ - block * kWordItems;
  std::uint64_t word = left >= kWordItems ? ~std::uint64_t{0} : (std::uint64_t{1} << left) - 1;
  if (filter_.allowed != nullptr) word &= filter_.allowed->words()[block];
  TakeOff(filter_.seen, block, word);
  TakeOff(filter_.excluded, block, word);
  return word;
}

std::vector<std::int32_t> LeftOut(const ItemFilter& filter, std::size_t items) {
  std::vector<std::int32_t> out;
  FilterWalk walk(filter, items);
  for (std::size_t begin = 0; begin < items; begin += kWordItems) {
    const std::uint64_t open = walk.Open(begin / kWordItems);
    for (std::size_t i = begin; i < std::min(begin + kWordItems, items); ++i) {
      if ((open >> (i - begin) & 1) == 0) out.push_back(static_cast<std::int32_t>(i));
    }
  }
  return out;
}

}  // namespace derrd
