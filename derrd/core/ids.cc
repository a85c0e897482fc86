#include "derrd/core/ids.h"

#include <algorithm>
#include <mutex>
#include <unordered_map>

namespace derrd {

struct Ids::Index {
  std::once_flag built;
  std::unordered_map<std::string_view, std::int32_t> positions;
};

Ids::Ids(const std::vector<std::string>& strings) : index_(std::make_shared<Index>()) {
  struct Memory {
    std::vector<char> blob;
    std::vector<std::int64_t> offsets{0};
  };
  auto memory = std::make_shared<Memory>();
  for (const std::string& text : strings) {
    memory->blob.insert(memory->blob.end(), text.begin(), text.end());
    memory->offsets.push_back(static_cast<std::int64_t>(memory->blob.size()));
  }
  blob_ = memory->blob;
  offsets_ = memory->offsets;
  memory_ = std::move(memory);
}

Ids Ids::FromFile(const std::shared_ptr<const SafetensorsFile>& file, const std::string& name) {
  Ids ids;
  ids.blob_ = file->Elements<char>(name + ".blob");
  ids.offsets_ = file->Elements<std::int64_t>(name + ".offsets");
  const bool valid = !ids.offsets_.empty() && ids.offsets_.front() == 0 &&
                     std::is_sorted(ids.offsets_.begin(), ids.offsets_.end()) &&
                     ids.offsets_.back() == static_cast<std::int64_t>(ids.blob_.size());
  if (!valid) {
    Fail("{}: tensor '{}.offsets' does not fit '{}.blob'; the file is damaged, so make it again",
         file->path(), name, name);
  }
  ids.memory_ = file;
  ids.index_ = std::make_shared<Index>();
  return ids;
}

void Ids::AddTo(SafetensorsWriter& writer, const std::string& name) const {
  writer.Add(name + ".blob", blob_);
  writer.Add(name + ".offsets", offsets_);
}

std::optional<std::int32_t> Ids::Find(std::string_view id) const {
  if (empty()) return std::nullopt;
  std::call_once(index_->built, [this] {
    index_->positions.reserve(size());
    for (std::size_t i = 0; i < size(); ++i) {
      index_->positions.emplace((*this)[i], static_cast<std::int32_t>(i));
    }
  });
  const auto found = index_->positions.find(id);
  if (found == index_->positions.end()) return std::nullopt;
  return found->second;
}

bool Ids::operator==(const Ids& other) const {
  return std::ranges::equal(offsets_, other.offsets_) && std::ranges::equal(blob_, other.blob_);
}

}  // namespace derrd
