// Numbers as they lie in memory, for the files of other programs.
#ifndef DERRD_EXPORT_VALUES_H_
#define DERRD_EXPORT_VALUES_H_

#include <bit>
#include <span>
#include <type_traits>

#include "derrd/core/file.h"

namespace derrd {

template <typename T>
void WriteValue(const T& value, OutputFile& file) {
  static_assert(std::is_arithmetic_v<T> && std::endian::native == std::endian::little);
  file.Write(std::as_bytes(std::span(&value, 1)));
}

}  // namespace derrd

#endif  // DERRD_EXPORT_VALUES_H_
