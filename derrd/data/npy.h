// Arrays as numpy.save() writes them (NumPy's NEP 1, versions 1.0 to 3.0).
#ifndef DERRD_DATA_NPY_H_
#define DERRD_DATA_NPY_H_

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "derrd/core/file.h"
#include "derrd/core/safetensors.h"

namespace derrd {

// A row-major array in a mapped file, which must outlive it. The bytes need not be aligned.
struct NpyArray {
  DType dtype;
  std::vector<std::size_t> shape;
  std::span<const std::byte> bytes;
};

// Checks whatever the header claims against the bytes that are there. Error that names the file and
// the remedy for a file that is none or is cut short, and for what is not read: columns first
// (Fortran order), big-endian numbers, structures, text, objects, complex numbers.
NpyArray ReadNpy(const MappedFile& file);

// What stands in a file before the numbers of a row-major table, which then start at a multiple of
// 64 bytes (version 1.0). dtype: one that NumPy has.
std::string NpyHeader(DType dtype, std::size_t rows, std::size_t cols);

}  // namespace derrd

#endif  // DERRD_DATA_NPY_H_
