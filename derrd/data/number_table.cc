#include "derrd/data/number_table.h"

#include <bit>
#include <cassert>
#include <cstring>
#include <type_traits>
#include <utility>

#include "derrd/core/error.h"
#include "derrd/data/npy.h"

namespace derrd {
namespace {

// IEEE 754 binary16: 1 bit of sign, 5 of exponent, 10 of fraction.
struct Half {
  std::uint16_t bits;

  explicit operator float() const {
    const std::uint32_t sign = std::uint32_t{bits & 0x8000u} << 16;
    const std::uint32_t exponent = bits >> 10 & 0x1Fu, fraction = bits & 0x3FFu;
    if (exponent == 0) {  // zero or denormal: fraction * 2^-24, which a float holds exactly
      const float value = static_cast<float>(fraction) * 0x1p-24f;
      return sign != 0 ? -value : value;
    }
    const std::uint32_t wide = exponent == 0x1F ? 0xFF : exponent + (127 - 15);
    return std::bit_cast<float>(sign | wide << 23 | fraction << 13);
  }
};

// The upper half of a float.
struct BrainFloat {
  std::uint16_t bits;

  explicit operator float() const { return std::bit_cast<float>(std::uint32_t{bits} << 16); }
};

// The bytes need not be aligned.
template <typename From, typename To>
void Convert(const std::byte* from, std::span<To> out) {
  for (To& value : out) {
    From number;
    std::memcpy(&number, from, sizeof(From));
    if constexpr (std::is_class_v<From>) {
      value = static_cast<To>(static_cast<float>(number));
    } else {
      value = static_cast<To>(number);
    }
    from += sizeof(From);
  }
}

std::string TensorNames(const SafetensorsFile& file) {
  std::string names;
  for (const auto& [name, tensor] : file.tensors()) {
    names.append(names.empty() ? "" : ", ").append(name);
  }
  return names;
}

// The one that is asked for, or the only one.
const std::pair<const std::string, TensorInfo>& FindTensor(const SafetensorsFile& file,
                                                           const std::string& tensor) {
  const auto& tensors = file.tensors();
  if (tensor.empty() && tensors.size() == 1) return *tensors.begin();
  const auto found = tensors.find(tensor);
  if (found != tensors.end()) return *found;
  if (tensor.empty()) {
    Fail("{}: holds {} tensors; say which one (--user-tensor, --item-tensor, --bias-tensor): {}",
         file.path(), tensors.size(), TensorNames(file));
  }
  Fail("{}: holds no tensor '{}'; it has {}", file.path(), tensor, TensorNames(file));
}

}  // namespace

NumberTable::NumberTable(std::string name, DType dtype, const std::vector<std::size_t>& shape,
                         std::span<const std::byte> bytes, std::shared_ptr<const void> memory)
    : name_(std::move(name)),
      dtype_(dtype),
      rows_(shape.empty() ? 0 : shape[0]),
      cols_(shape.size() == 2 ? shape[1] : 1),
      is_list_(shape.size() == 1),
      bytes_(bytes),
      memory_(std::move(memory)) {
  if (shape.empty() || shape.size() > 2) {
    Fail("{}: has {} dimensions; give a table with a row for each user or item", name_,
         shape.size());
  }
}

NumberTable NumberTable::Open(const std::string& path, const std::string& tensor) {
  if (path.ends_with(".npy")) {
    if (!tensor.empty()) {
      Fail<UsageError>("{}: is no .safetensors file and has no tensor '{}'; leave the name out",
                       path, tensor);
    }
    auto file = std::make_shared<const MappedFile>(path);
    const NpyArray array = ReadNpy(*file);
    return {path, array.dtype, array.shape, array.bytes, std::move(file)};
  }
  if (!path.ends_with(".safetensors")) {
    Fail<UsageError>("{}: cannot tell its format; give a file that ends in .npy or .safetensors",
                     path);
  }
  auto file = std::make_shared<const SafetensorsFile>(path);
  const auto& [name, info] = FindTensor(*file, tensor);
  return {fmt::format("{}, tensor '{}'", path, name), info.dtype, info.shape, info.bytes,
          std::move(file)};
}

void NumberTable::RequireFloats() const {
  switch (dtype_) {
    case DType::kF16:
    case DType::kBF16:
    case DType::kF32:
    case DType::kF64:
      return;
    default:
      Fail(
          "{}: holds numbers of type {} where floating-point numbers are needed; save it as "
          "array.astype('float32')",
          name_, Name(dtype_));
  }
}

void NumberTable::RequireWholeNumbers() const {
  switch (dtype_) {
    case DType::kI8:
    case DType::kI16:
    case DType::kI32:
    case DType::kI64:
    case DType::kU8:
    case DType::kU16:
    case DType::kU32:
      return;
    default:
      Fail(
          "{}: holds numbers of type {} where indices of items are needed; save it as "
          "array.astype('int32')",
          name_, Name(dtype_));
  }
}

template <typename To>
void NumberTable::ReadFloats(std::size_t r, std::span<To> out) const {
  assert(r < rows_ && out.size() == cols_);
  switch (dtype_) {
    case DType::kF16:
      return Convert<Half>(Row(r), out);
    case DType::kBF16:
      return Convert<BrainFloat>(Row(r), out);
    case DType::kF32:
      return Convert<float>(Row(r), out);
    default:
      assert(dtype_ == DType::kF64);
      return Convert<double>(Row(r), out);
  }
}

void NumberTable::ReadRow(std::size_t r, std::span<float> out) const { ReadFloats(r, out); }
void NumberTable::ReadRow(std::size_t r, std::span<double> out) const { ReadFloats(r, out); }

void NumberTable::ReadRow(std::size_t r, std::span<std::int64_t> out) const {
  assert(r < rows_ && out.size() == cols_);
  switch (dtype_) {
    case DType::kI8:
      return Convert<std::int8_t>(Row(r), out);
    case DType::kI16:
      return Convert<std::int16_t>(Row(r), out);
    case DType::kI32:
      return Convert<std::int32_t>(Row(r), out);
    case DType::kU8:
      return Convert<std::uint8_t>(Row(r), out);
    case DType::kU16:
      return Convert<std::uint16_t>(Row(r), out);
    case DType::kU32:
      return Convert<std::uint32_t>(Row(r), out);
    default:
      assert(dtype_ == DType::kI64);
      return Convert<std::int64_t>(Row(r), out);
  }
}

}  // namespace derrd
