#include "derrd/core/fingerprint.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "derrd/core/file.h"

namespace derrd {

// FNV-1a over words of eight bytes (the last one filled up with zeros), then over the length, with
// the high bits folded in after each.
std::string FingerprintOf(std::span<const std::byte> bytes) {
  std::uint64_t hash = 0xCBF29CE484222325u;
  const auto mix = [&hash](std::uint64_t word) {
    hash = (hash ^ word) * 0x100000001B3u;
    hash ^= hash >> 32;
  };
  for (std::size_t at = 0; at < bytes.size(); at += sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + at, std::min(sizeof(word), bytes.size() - at));
    mix(word);
  }
  mix(bytes.size());
  return fmt::format("{:016x}", hash);
}

std::string Fingerprint(const std::string& path) { return FingerprintOf(MappedFile(path).bytes()); }

}  // namespace derrd
