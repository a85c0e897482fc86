// The outside names of users or items, by their index inside.
#ifndef DERRD_CORE_IDS_H_
#define DERRD_CORE_IDS_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "derrd/core/safetensors.h"

namespace derrd {

// An immutable list of strings: one blob of UTF-8 and offsets into it, in memory of its own or of a
// mapped file. Copies share the memory; threads may share it. Find() builds a hash index at its
// first call.
class Ids {
 public:
  Ids() = default;
  explicit Ids(const std::vector<std::string>& strings);

  // Reads the tensors "NAME.blob" (U8) and "NAME.offsets" (I64, size + 1 ascending numbers).
  static Ids FromFile(const std::shared_ptr<const SafetensorsFile>& file, const std::string& name);
  // Adds the same two tensors; this object must live until the writer has written.
  void AddTo(SafetensorsWriter& writer, const std::string& name) const;

  std::size_t size() const { return offsets_.size() - 1; }
  bool empty() const { return size() == 0; }
  std::string_view operator[](std::size_t i) const {
    return {blob_.data() + offsets_[i], static_cast<std::size_t>(offsets_[i + 1] - offsets_[i])};
  }
  // The index of a string. O(1) after the first call.
  std::optional<std::int32_t> Find(std::string_view id) const;
  bool operator==(const Ids& other) const;

 private:
  struct Index;
  static constexpr std::int64_t kNoOffsets[] = {0};

  std::span<const char> blob_;
  std::span<const std::int64_t> offsets_ = kNoOffsets;
  std::shared_ptr<const void> memory_;
  std::shared_ptr<Index> index_;
};

}  // namespace derrd

#endif  // DERRD_CORE_IDS_H_
