// What a file holds, in a few characters.
#ifndef DERRD_CORE_FINGERPRINT_H_
#define DERRD_CORE_FINGERPRINT_H_

#include <cstddef>
#include <span>
#include <string>

namespace derrd {

// 16 hexadecimal digits that depend on the file's bytes alone: tells one data set or teacher from
// another where a path would mean nothing. Not for security. About 1 GB/s. Error when the file
// cannot be read.
std::string Fingerprint(const std::string& path);

// The same of bytes in memory.
std::string FingerprintOf(std::span<const std::byte> bytes);

}  // namespace derrd

#endif  // DERRD_CORE_FINGERPRINT_H_
