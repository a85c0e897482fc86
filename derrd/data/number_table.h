// Tables of numbers that other programs wrote: an .npy array, or a tensor of a .safetensors file.
#ifndef DERRD_DATA_NUMBER_TABLE_H_
#define DERRD_DATA_NUMBER_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "derrd/core/safetensors.h"

namespace derrd {

// A memory-mapped table that is read row by row. Immutable; threads may share it.
class NumberTable {
 public:
  // By the ending of the path. `tensor` says which one of a .safetensors file; it may be empty for
  // one that holds a single tensor. Error when it has not one or two dimensions, when there is no
  // such tensor (with those that are there), and whatever ReadNpy and SafetensorsFile refuse.
  static NumberTable Open(const std::string& path, const std::string& tensor);

  // As it is called in messages: the path, and the tensor where there is one.
  const std::string& name() const { return name_; }
  DType dtype() const { return dtype_; }
  std::size_t rows() const { return rows_; }
  std::size_t cols() const { return cols_; }  // 1 of one that has one dimension
  bool is_list() const { return is_list_; }   // of one dimension

  // Error that says how to save it otherwise, unless it holds floating-point or whole numbers.
  void RequireFloats() const;
  void RequireWholeNumbers() const;
  // Row r; out: cols() numbers. Only after the check above. Numbers out of float's range become
  // infinite.
  void ReadRow(std::size_t r, std::span<float> out) const;
  void ReadRow(std::size_t r, std::span<double> out) const;
  void ReadRow(std::size_t r, std::span<std::int64_t> out) const;

 private:
  NumberTable(std::string name, DType dtype, const std::vector<std::size_t>& shape,
              std::span<const std::byte> bytes, std::shared_ptr<const void> memory);
  template <typename To>
  void ReadFloats(std::size_t r, std::span<To> out) const;
  const std::byte* Row(std::size_t r) const { return bytes_.data() + r * cols_ * Size(dtype_); }

  std::string name_;
  DType dtype_;
  std::size_t rows_, cols_;
  bool is_list_;
  std::span<const std::byte> bytes_;
  std::shared_ptr<const void> memory_;  // what the bytes lie in
};

}  // namespace derrd

#endif  // DERRD_DATA_NUMBER_TABLE_H_
