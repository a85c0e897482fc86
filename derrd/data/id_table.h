// Gives consecutive numbers to strings, in the order in which they are first seen.
#ifndef DERRD_DATA_ID_TABLE_H_
#define DERRD_DATA_ID_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace derrd {

// A hash table whose strings lie in one blob: a look-up allocates nothing, a new string grows two
// arrays now and then. About 24 bytes an id besides its text. Not for several threads.
class IdTable {
 public:
  // `what` ("users", "items") is for the message of the Error that more than `limit` ids are.
  explicit IdTable(std::string what, std::size_t limit = std::numeric_limits<std::int32_t>::max());

  // The number of a string, which is a new one when it was not seen before.
  std::int32_t Intern(std::string_view id);
  // The number of a string that was seen before.
  std::optional<std::int32_t> Find(std::string_view id) const;

  std::size_t size() const { return offsets_.size() - 1; }
  std::string_view operator[](std::size_t i) const {
    return {blob_.data() + offsets_[i], offsets_[i + 1] - offsets_[i]};
  }

 private:
  struct Slot {
    std::uint32_t hash;
    std::int32_t index;  // kFree when nothing is there
  };
  static constexpr std::int32_t kFree = -1;

  // The slot of the id, or the free one where it belongs.
  std::size_t SlotOf(std::string_view id, std::uint32_t hash) const;
  void Grow();

  std::string what_;
  std::size_t limit_;
  std::vector<char> blob_;
  std::vector<std::size_t> offsets_{0};
  std::vector<Slot> slots_;  // a power of two of them, at most half of them taken
};

// The users and items of one import.
struct IdTables {
  IdTable users{"users"};
  IdTable items{"items"};
};

}  // namespace derrd

#endif  // DERRD_DATA_ID_TABLE_H_
