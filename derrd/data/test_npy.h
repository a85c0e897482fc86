// For the tests of this room: .npy files byte by byte.
#ifndef DERRD_DATA_TEST_NPY_H_
#define DERRD_DATA_TEST_NPY_H_

#include <fmt/format.h>

#include <cstddef>
#include <string>
#include <vector>

namespace derrd {

// A file with this header and these numbers.
inline std::string Npy(const std::string& header, const std::string& numbers, int version = 1) {
  std::string bytes = "\x93NUMPY";
  bytes += static_cast<char>(version);
  bytes += '\0';
  for (int b = 0; b < (version == 1 ? 2 : 4); ++b) {
    bytes += static_cast<char>(header.size() >> 8 * b & 0xFF);
  }
  return bytes + header + numbers;
}

// A table of `cols` columns. type: as NumPy names that of T, "<f4".
template <typename T>
std::string NpyTable(const std::string& type, const std::vector<T>& numbers, std::size_t cols) {
  return Npy(fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}, {}), }}\n", type,
                         numbers.size() / cols, cols),
             {reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(T)});
}

}  // namespace derrd

#endif  // DERRD_DATA_TEST_NPY_H_
