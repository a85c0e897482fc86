// The one container of every file we write: safetensors
// (https://github.com/huggingface/safetensors). Eight bytes of header length, a JSON header, then
// the tensors' bytes. Python opens it in one line; here it is mapped and read without a copy. The
// header is padded with spaces, and the tensors are followed by padding tensors ("~pad.N", which
// readers ignore), so that each one starts at a multiple of 64 bytes.
//
// What kind of file it is stands in the metadata under "derrd.kind" ("dataset", "model", ...).
#ifndef DERRD_CORE_SAFETENSORS_H_
#define DERRD_CORE_SAFETENSORS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "derrd/core/error.h"
#include "derrd/core/file.h"
#include "derrd/core/matrix.h"

namespace derrd {

// The types of the format. We write those of DTypeOf; files of other programs may hold any.
enum class DType {
  kU8,
  kI32,
  kI64,
  kF32,
  kF64,
  kF16,
  kBF16,
  kBool,
  kI8,
  kI16,
  kU16,
  kU32,
  kU64,
  kF8E4M3,
  kF8E5M2
};

template <typename T>
struct DTypeOf;
template <>
struct DTypeOf<std::uint8_t> {
  static constexpr DType value = DType::kU8;
};
template <>
struct DTypeOf<char> {
  static constexpr DType value = DType::kU8;
};
template <>
struct DTypeOf<std::int8_t> {
  static constexpr DType value = DType::kI8;
};
template <>
struct DTypeOf<std::int32_t> {
  static constexpr DType value = DType::kI32;
};
template <>
struct DTypeOf<std::int64_t> {
  static constexpr DType value = DType::kI64;
};
template <>
struct DTypeOf<float> {
  static constexpr DType value = DType::kF32;
};
template <>
struct DTypeOf<double> {
  static constexpr DType value = DType::kF64;
};

std::string_view Name(DType dtype);  // as in the header: "F32"
std::size_t Size(DType dtype);       // bytes of an element

using Metadata = std::map<std::string, std::string>;

struct TensorInfo {
  DType dtype;
  std::vector<std::size_t> shape;
  std::span<const std::byte> bytes;
};

// An opened file. Everything the header claims is checked on opening (lengths, ranges, overlaps and
// gaps, shapes against bytes), so a file that is cut short, of another kind or with a lying header
// is an Error there and never a fault later. Immutable; threads may share it. Keep it (it is meant
// to be held in a shared_ptr) as long as any span taken from it.
class SafetensorsFile {
 public:
  explicit SafetensorsFile(const std::string& path);

  // Opens the file and checks that its "derrd.kind" is `kind`.
  static std::shared_ptr<const SafetensorsFile> OpenKind(const std::string& path,
                                                         std::string_view kind);

  const std::string& path() const { return file_.path(); }
  std::span<const std::byte> bytes() const { return file_.bytes(); }
  const Metadata& metadata() const { return metadata_; }
  const std::map<std::string, TensorInfo>& tensors() const { return tensors_; }  // no padding
  std::string MetadataOr(const std::string& key, std::string otherwise) const;

  // Error unless the file was sealed and holds what it held then. Reads all of it, about 1 GB/s.
  void CheckSeal() const;

  bool Has(const std::string& name) const { return tensors_.contains(name); }

  // The elements of a tensor; Error when it is absent or of another type.
  template <typename T>
  std::span<const T> Elements(const std::string& name) const {
    const TensorInfo& tensor = Require(name, DTypeOf<T>::value);
    return {reinterpret_cast<const T*>(tensor.bytes.data()), tensor.bytes.size() / sizeof(T)};
  }
  // The same as a matrix; Error when the tensor does not have two dimensions.
  template <typename T>
  MatrixView<const T> MatrixOf(const std::string& name) const {
    const TensorInfo& tensor = Require(name, DTypeOf<T>::value);
    if (tensor.shape.size() != 2) {
      Fail("{}: tensor '{}' has {} dimensions where 2 are needed; the file is not one of ours",
           path(), name, tensor.shape.size());
    }
    return {reinterpret_cast<const T*>(tensor.bytes.data()), tensor.shape[0], tensor.shape[1]};
  }

 private:
  const TensorInfo& Require(const std::string& name, DType dtype) const;

  MappedFile file_;
  Metadata metadata_;
  std::map<std::string, TensorInfo> tensors_;
};

// Collects tensors, then writes them in one go. The spans must live until Write() returns; names
// are distinct and a shape holds as many elements as its span. Bytes of metadata that are not UTF-8
// are written as U+FFFD.
class SafetensorsWriter {
 public:
  explicit SafetensorsWriter(std::string_view kind) { metadata_["derrd.kind"] = kind; }

  void SetMetadata(const std::string& key, std::string value) { metadata_[key] = std::move(value); }

  template <typename T>
  void Add(std::string name, std::span<const T> elements, std::vector<std::size_t> shape) {
    AddBytes(std::move(name), DTypeOf<T>::value, std::move(shape), std::as_bytes(elements));
  }
  template <typename T>
  void Add(std::string name, std::span<const T> elements) {
    Add(std::move(name), elements, {elements.size()});
  }
  template <typename T>
  void Add(std::string name, MatrixView<const T> matrix) {
    Add(std::move(name), std::span<const T>(matrix.elements()), {matrix.rows(), matrix.cols()});
  }

  // Adds a fingerprint of metadata and tensors as they are now, by which damage in the middle of
  // the file is found. Call last.
  void Seal();

  void Write(const std::string& path) const;  // whole or not at all
  void WriteTo(OutputFile& file) const;       // the caller commits

 private:
  struct Entry {
    std::string name;
    DType dtype;
    std::vector<std::size_t> shape;
    std::span<const std::byte> bytes;
  };
  void AddBytes(std::string name, DType dtype, std::vector<std::size_t> shape,
                std::span<const std::byte> bytes);

  Metadata metadata_;
  std::vector<Entry> entries_;
};

}  // namespace derrd

#endif  // DERRD_CORE_SAFETENSORS_H_
