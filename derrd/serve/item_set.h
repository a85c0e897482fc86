// A set of items: what a query may be answered from.
#ifndef DERRD_SERVE_ITEM_SET_H_
#define DERRD_SERVE_ITEM_SET_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace derrd {

// One bit an item, and the items themselves in order. Immutable; threads may share it.
class ItemSet {
 public:
  ItemSet() = default;
  // items: in any order, repeats count once; Error when one is not in [0, item_count).
  ItemSet(std::size_t item_count, std::span<const std::int32_t> items);

  std::size_t item_count() const { return item_count_; }  // of all, in the set or not
  std::size_t size() const { return items_.size(); }
  std::span<const std::int32_t> items() const { return items_; }  // ascending, distinct
  bool Contains(std::int32_t item) const {
    const auto i = static_cast<std::size_t>(item);
    return (words_[i / 64] >> (i % 64) & 1) != 0;
  }

 private:
  std::size_t item_count_ = 0;
  std::vector<std::int32_t> items_;
  std::vector<std::uint64_t> words_;  // bit i of word w stands for item 64 w + i
};

// The items that both hold, which must be sets of as many items. O(item_count / 64 + a.size()).
ItemSet Intersection(const ItemSet& a, const ItemSet& b);

}  // namespace derrd

#endif  // DERRD_SERVE_ITEM_SET_H_
