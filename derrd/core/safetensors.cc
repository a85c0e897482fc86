#include "derrd/core/safetensors.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>
#include <nlohmann/json.hpp>
#include <numeric>
#include <utility>

#include "derrd/core/fingerprint.h"

namespace derrd {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kAlignment = 64;
constexpr std::size_t kLengthBytes = 8;
constexpr std::string_view kPadPrefix = "~pad.";
constexpr const char* kSealKey = "derrd.seal";

struct DTypeInfo {
  DType dtype;
  std::string_view name;
  std::size_t size;
};
constexpr std::array<DTypeInfo, 15> kDTypes = {{{DType::kU8, "U8", 1},
                                                {DType::kI32, "I32", 4},
                                                {DType::kI64, "I64", 8},
                                                {DType::kF32, "F32", 4},
                                                {DType::kF64, "F64", 8},
                                                {DType::kF16, "F16", 2},
                                                {DType::kBF16, "BF16", 2},
                                                {DType::kBool, "BOOL", 1},
                                                {DType::kI8, "I8", 1},
                                                {DType::kI16, "I16", 2},
                                                {DType::kU16, "U16", 2},
                                                {DType::kU32, "U32", 4},
                                                {DType::kU64, "U64", 8},
                                                {DType::kF8E4M3, "F8_E4M3", 1},
                                                {DType::kF8E5M2, "F8_E5M2", 1}}};

const DTypeInfo& Info(DType dtype) { return kDTypes[static_cast<std::size_t>(dtype)]; }

std::size_t Padding(std::size_t size) { return (kAlignment - size % kAlignment) % kAlignment; }

// The account may quote a damaged header, so it is kept to one line of bearable length.
[[noreturn]] void FailBroken(const std::string& path, std::string what) {
  constexpr std::size_t kLongest = 200;
  if (what.size() > kLongest) what = what.substr(0, kLongest) + "...";
  std::ranges::replace_if(
      what, [](unsigned char c) { return c < 0x20 || c == 0x7F; }, '?');
  Fail(
      "{}: not a readable safetensors file: {}; it may be cut short or of another kind, so make it "
      "again",
      path, what);
}

// The header's account of one tensor, checked against the bytes that are there.
TensorInfo ReadTensor(const std::string& path, const std::string& name, const Json& entry,
                      std::span<const std::byte> data) {
  const auto type_name = entry.at("dtype").get<std::string>();
  const auto* type = std::find_if(kDTypes.begin(), kDTypes.end(),
                                  [&](const DTypeInfo& info) { return info.name == type_name; });
  if (type == kDTypes.end()) {
    FailBroken(path, fmt::format("tensor '{}' has the unknown type {}", name, type_name));
  }
  TensorInfo tensor{type->dtype, {}, {}};
  const Json& shape = entry.at("shape");
  const auto is_size = [](const Json& extent) { return extent.is_number_unsigned(); };
  if (!shape.is_array() || !std::ranges::all_of(shape, is_size)) {
    FailBroken(path, fmt::format("tensor '{}' has a shape that is no list of sizes", name));
  }
  std::size_t bytes = type->size;
  for (const Json& extent : shape) {
    tensor.shape.push_back(extent.get<std::size_t>());
    if (__builtin_mul_overflow(bytes, tensor.shape.back(), &bytes)) {
      FailBroken(path, fmt::format("tensor '{}' claims an impossible shape", name));
    }
  }
  const Json& offsets = entry.at("data_offsets");
  if (!offsets.is_array() || offsets.size() != 2 || !offsets[0].is_number_unsigned() ||
      !offsets[1].is_number_unsigned()) {
    FailBroken(path, fmt::format("tensor '{}' has no valid data_offsets", name));
  }
  const auto begin = offsets[0].get<std::size_t>();
  const auto end = offsets[1].get<std::size_t>();
  if (begin > end || end > data.size()) {
    FailBroken(path, fmt::format("tensor '{}' claims bytes {} to {} of {}", name, begin, end,
                                 data.size()));
  }
  if (end - begin != bytes) {
    FailBroken(path, fmt::format("tensor '{}' has {} bytes where its shape needs {}", name,
                                 end - begin, bytes));
  }
  tensor.bytes = data.subspan(begin, bytes);
  if (reinterpret_cast<std::uintptr_t>(tensor.bytes.data()) % type->size != 0) {
    FailBroken(path, fmt::format("tensor '{}' is not aligned to its type", name));
  }
  return tensor;
}

// As the format asks, every byte belongs to exactly one tensor. It also tells a file that was cut
// short or that had something appended.
void CheckCoverage(const std::string& path, const std::map<std::string, TensorInfo>& tensors,
                   std::span<const std::byte> data) {
  std::vector<std::pair<const std::byte*, std::size_t>> ranges;
  for (const auto& [name, tensor] : tensors) {
    if (!tensor.bytes.empty()) ranges.emplace_back(tensor.bytes.data(), tensor.bytes.size());
  }
  std::ranges::sort(ranges);
  const std::byte* next = data.data();
  for (const auto& [begin, size] : ranges) {
    if (begin < next) FailBroken(path, "two tensors overlap");
    if (begin > next) break;
    next = begin + size;
  }
  if (next != data.data() + data.size()) {
    FailBroken(path, fmt::format("byte {} of its data belongs to no tensor", next - data.data()));
  }
}

// A fingerprint of all that a file holds but the seal itself.
std::string SealOf(Metadata metadata, const std::map<std::string, TensorInfo>& tensors) {
  metadata.erase(kSealKey);
  Json content = {{"metadata", metadata}};
  for (const auto& [name, tensor] : tensors) {
    content["tensors"][name] = {Name(tensor.dtype), tensor.shape, FingerprintOf(tensor.bytes)};
  }
  const std::string text = content.dump(-1, ' ', false, Json::error_handler_t::replace);
  return FingerprintOf(std::as_bytes(std::span(text)));
}

}  // namespace

std::string_view Name(DType dtype) { return Info(dtype).name; }
std::size_t Size(DType dtype) { return Info(dtype).size; }

SafetensorsFile::SafetensorsFile(const std::string& path) : file_(path) {
  const auto bytes = file_.bytes();
  if (bytes.size() < kLengthBytes) {
    FailBroken(path,
               fmt::format("it has {} bytes, fewer than a header's length takes", bytes.size()));
  }
  std::uint64_t header_size = 0;
  std::memcpy(&header_size, bytes.data(), kLengthBytes);
  if (header_size > bytes.size() - kLengthBytes) {
    const auto printable = [](char c) { return c == '\t' || c == '\r' || c == '\n' || c >= ' '; };
    if (std::ranges::all_of(file_.text().substr(0, kLengthBytes), printable)) {
      Fail("{}: is text; give a data set or a model as `derrd import` and `derrd train` write them",
           path);
    }
    FailBroken(path, fmt::format("its header claims {} bytes and {} are there", header_size,
                                 bytes.size() - kLengthBytes));
  }
  const auto data = bytes.subspan(kLengthBytes + header_size);
  try {
    const Json header = Json::parse(file_.text().substr(kLengthBytes, header_size));
    if (!header.is_object()) FailBroken(path, "its header is no JSON object");
    for (const auto& [name, entry] : header.items()) {
      if (name == "__metadata__") {
        if (!entry.is_object()) FailBroken(path, "its metadata is no JSON object");
        for (const auto& [key, value] : entry.items()) metadata_[key] = value.get<std::string>();
      } else {
        tensors_.emplace(name, ReadTensor(path, name, entry, data));
      }
    }
  } catch (const nlohmann::json::parse_error& error) {
    FailBroken(path, fmt::format("its header is no JSON from byte {} on", error.byte));
  } catch (const nlohmann::json::exception& error) {
    FailBroken(path, fmt::format("its header is not as the format asks ({})", error.what()));
  }
  CheckCoverage(path, tensors_, data);
  std::erase_if(tensors_, [](const auto& item) { return item.first.starts_with(kPadPrefix); });
}

std::shared_ptr<const SafetensorsFile> SafetensorsFile::OpenKind(const std::string& path,
                                                                 std::string_view kind) {
  auto file = std::make_shared<const SafetensorsFile>(path);
  const std::string found = file->MetadataOr("derrd.kind", "");
  if (found != kind) {
    Fail("{}: a {} is needed and this is {}; 'derrd info {}' says what it holds", path, kind,
         found.empty() ? "a safetensors file of another program" : "a derrd " + found, path);
  }
  return file;
}

void SafetensorsFile::CheckSeal() const {
  if (MetadataOr(kSealKey, "") != SealOf(metadata_, tensors_)) {
    FailBroken(path(), "its content is not what its seal says");
  }
}

std::string SafetensorsFile::MetadataOr(const std::string& key, std::string otherwise) const {
  const auto found = metadata_.find(key);
  return found == metadata_.end() ? std::move(otherwise) : found->second;
}

const TensorInfo& SafetensorsFile::Require(const std::string& name, DType dtype) const {
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) {
    Fail("{}: tensor '{}' is missing; the file was not written whole by this program", path(),
         name);
  }
  if (found->second.dtype != dtype) {
    Fail(
        "{}: tensor '{}' is of type {} where {} is needed; the file was not written by this "
        "program",
        path(), name, Name(found->second.dtype), Name(dtype));
  }
  return found->second;
}

void SafetensorsWriter::AddBytes(std::string name, DType dtype, std::vector<std::size_t> shape,
                                 std::span<const std::byte> bytes) {
  assert(std::accumulate(shape.begin(), shape.end(), Size(dtype), std::multiplies<>()) ==
         bytes.size());
  assert(std::ranges::none_of(entries_, [&](const Entry& entry) { return entry.name == name; }));
  entries_.push_back({std::move(name), dtype, std::move(shape), bytes});
}

void SafetensorsWriter::Seal() {
  std::map<std::string, TensorInfo> tensors;
  for (const Entry& entry : entries_) {
    tensors.emplace(entry.name, TensorInfo{entry.dtype, entry.shape, entry.bytes});
  }
  metadata_[kSealKey] = SealOf(metadata_, tensors);
}

void SafetensorsWriter::Write(const std::string& path) const {
  OutputFile file(path);
  WriteTo(file);
  file.Commit();
}

void SafetensorsWriter::WriteTo(OutputFile& file) const {
  Json header;
  header["__metadata__"] = metadata_;
  std::size_t offset = 0;
  std::size_t pads = 0;
  const auto describe = [&](const std::string& name, DType dtype,
                            const std::vector<std::size_t>& shape, std::size_t bytes) {
    header[name] = {
        {"dtype", Name(dtype)}, {"shape", shape}, {"data_offsets", {offset, offset + bytes}}};
    offset += bytes;
  };
  for (const Entry& entry : entries_) {
    describe(entry.name, entry.dtype, entry.shape, entry.bytes.size());
    if (const std::size_t pad = Padding(entry.bytes.size()); pad > 0) {
      describe(fmt::format("{}{}", kPadPrefix, pads++), DType::kU8, {pad}, pad);
    }
  }
  // Metadata may quote what a user gave in another encoding; that must not stop the writing.
  std::string text = header.dump(-1, ' ', false, Json::error_handler_t::replace);
  text.append(Padding(kLengthBytes + text.size()), ' ');
  const std::uint64_t header_size = text.size();

  file.Write(std::as_bytes(std::span(&header_size, 1)));
  file.Write(text);
  const std::array<std::byte, kAlignment> zeros{};
  for (const Entry& entry : entries_) {
    file.Write(entry.bytes);
    file.Write(std::span(zeros).first(Padding(entry.bytes.size())));
  }
}

}  // namespace derrd
