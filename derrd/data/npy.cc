#include "derrd/data/npy.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "derrd/core/error.h"

namespace derrd {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::string_view kMagic = "\x93NUMPY";
using NpyType = std::pair<std::string_view, DType>;  // a kind and a size, as NumPy names them
constexpr std::array<NpyType, 12> kNpyTypes = {{{"f2", DType::kF16},
                                                {"f4", DType::kF32},
                                                {"f8", DType::kF64},
                                                {"i1", DType::kI8},
                                                {"i2", DType::kI16},
                                                {"i4", DType::kI32},
                                                {"i8", DType::kI64},
                                                {"u1", DType::kU8},
                                                {"u2", DType::kU16},
                                                {"u4", DType::kU32},
                                                {"u8", DType::kU64},
                                                {"b1", DType::kBool}}};

[[noreturn]] void FailBroken(const std::string& path, std::string_view what) {
  Fail("{}: not a readable .npy file: {}; write it again with numpy.save", path, what);
}

// The dictionary that describes an array, in Python's words.
struct Description {
  std::string type;
  bool columns_first = false;
  std::vector<std::size_t> shape;
};

// Reads "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }", keys in any order.
class DescriptionParser {
 public:
  DescriptionParser(const std::string& path, std::string_view text) : path_(path), text_(text) {}

  Description Parse() {
    std::optional<std::string> type;
    std::optional<bool> columns_first;
    std::optional<std::vector<std::size_t>> shape;
    Expect('{');
    while (!Take('}')) {
      const std::string key = Quoted();
      Expect(':');
      if (key == "descr" && !type) {
        type = Type();
      } else if (key == "fortran_order" && !columns_first) {
        columns_first = Truth();
      } else if (key == "shape" && !shape) {
        shape = Extents();
      } else {
        FailBroken(path_, "its header has a key that is unknown or comes twice");
      }
      if (!Take(',')) {
        Expect('}');
        break;
      }
    }
    SkipSpace();
    if (!text_.empty()) FailBroken(path_, "its header goes on behind its end");
    if (!type || !columns_first || !shape) FailBroken(path_, "its header lacks a key");
    return {std::move(*type), *columns_first, std::move(*shape)};
  }

 private:
  void SkipSpace() {
    text_.remove_prefix(std::min(text_.find_first_not_of(" \t\n"), text_.size()));
  }
  bool Take(char wanted) {
    SkipSpace();
    if (text_.empty() || text_.front() != wanted) return false;
    text_.remove_prefix(1);
    return true;
  }
  void Expect(char wanted) {
    if (!Take(wanted)) FailBroken(path_, fmt::format("its header lacks a '{}'", wanted));
  }

  std::string Quoted() {
    const char quote = Take('"') ? '"' : '\'';
    if (quote == '\'') Expect(quote);
    const std::size_t end = text_.find(quote);
    if (end == std::string_view::npos) FailBroken(path_, "its header does not close a quote");
    std::string word(text_.substr(0, end));
    text_.remove_prefix(end + 1);
    return word;
  }

  std::string Type() {
    SkipSpace();
    if (text_.starts_with('[')) {
      Fail("{}: holds records of several fields; save the field with the numbers alone", path_);
    }
    return Quoted();
  }

  bool Truth() {
    SkipSpace();
    for (const auto& [word, value] : {std::pair<std::string_view, bool>{"True", true},
                                      std::pair<std::string_view, bool>{"False", false}}) {
      if (!text_.starts_with(word)) continue;
      text_.remove_prefix(word.size());
      return value;
    }
    FailBroken(path_, "its fortran_order is neither True nor False");
  }

  std::vector<std::size_t> Extents() {
    std::vector<std::size_t> extents;
    Expect('(');
    while (!Take(')')) {
      SkipSpace();
      const char* end = text_.data() + text_.size();
      const auto [stop, error] = std::from_chars(text_.data(), end, extents.emplace_back());
      if (error != std::errc()) FailBroken(path_, "its shape is no list of sizes");
      text_.remove_prefix(static_cast<std::size_t>(stop - text_.data()));
      if (!Take(',')) {
        Expect(')');
        break;
      }
    }
    return extents;
  }

  const std::string& path_;
  std::string_view text_;
};

// "<f4" is a byte order, a kind and a size.
DType TypeOf(const std::string& path, std::string_view type) {
  const char order = type.empty() ? '\0' : type.front();
  const std::string_view kind = type.substr(std::min<std::size_t>(1, type.size()));
  const auto found = std::ranges::find(kNpyTypes, kind, &NpyType::first);
  if (found == kNpyTypes.end() || std::string_view("<>=|").find(order) == std::string_view::npos) {
    Fail(
        "{}: holds numbers of the type '{}', which is not read; save it as array.astype('float32')",
        path, type.substr(0, 16));
  }
  if (order == '>' && Size(found->second) > 1) {
    Fail("{}: its numbers are big-endian ('{}'); save it as array.astype('<{}')", path, type, kind);
  }
  return found->second;
}

// The header's text; moves `bytes` behind it.
std::string_view TakeHeader(const std::string& path, std::span<const std::byte>& bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const std::size_t length_at = kMagic.size() + 2;
  if (!text.starts_with(kMagic)) FailBroken(path, "it does not begin as one");
  if (text.size() < length_at) FailBroken(path, "it is cut short in its header");
  const auto version = static_cast<unsigned char>(text[kMagic.size()]);
  if (version < 1 || version > 3) FailBroken(path, fmt::format("its version is {}", version));
  const std::size_t length_size = version == 1 ? 2 : 4;
  const std::size_t begin = length_at + length_size;
  if (text.size() < begin) FailBroken(path, "it is cut short in its header");
  std::size_t length = 0;
  for (std::size_t b = 0; b < length_size; ++b) {
    length |= std::size_t{static_cast<unsigned char>(text[length_at + b])} << 8 * b;
  }
  if (text.size() - begin < length) FailBroken(path, "it is cut short in its header");
  bytes = bytes.subspan(begin + length);
  return text.substr(begin, length);
}

}  // namespace

NpyArray ReadNpy(const MappedFile& file) {
  const std::string& path = file.path();
  std::span<const std::byte> bytes = file.bytes();
  Description description = DescriptionParser(path, TakeHeader(path, bytes)).Parse();
  const DType dtype = TypeOf(path, description.type);
  std::size_t needed = Size(dtype);
  for (const std::size_t extent : description.shape) {
    if (__builtin_mul_overflow(needed, extent, &needed)) {
      FailBroken(path, "its header claims an impossible shape");
    }
  }
  if (needed != bytes.size()) {
    FailBroken(path, fmt::format("{} bytes of numbers are there and its shape needs {}",
                                 bytes.size(), needed));
  }
  const auto longer_than_one = [](std::size_t extent) { return extent > 1; };
  if (description.columns_first && std::ranges::count_if(description.shape, longer_than_one) > 1) {
    Fail("{}: is stored column by column; save numpy.ascontiguousarray(array)", path);
  }
  return {dtype, std::move(description.shape), bytes};
}

std::string NpyHeader(DType dtype, std::size_t rows, std::size_t cols) {
  constexpr std::size_t kBefore = 10, kAlignment = 64;
  const auto type = std::ranges::find(kNpyTypes, dtype, &NpyType::second);
  assert(type != kNpyTypes.end());
  const char order = Size(dtype) == 1 ? '|' : '<';
  std::string text = fmt::format("{{'descr': '{}{}', 'fortran_order': False, 'shape': ({}, {}), }}",
                                 order, type->first, rows, cols);
  const std::size_t unpadded = kBefore + text.size() + 1;
  text.append((kAlignment - unpadded % kAlignment) % kAlignment, ' ');
  text += '\n';
  std::string header(kMagic);
  header +=
      {'\x01', '\x00', static_cast<char>(text.size() & 0xFF), static_cast<char>(text.size() >> 8)};
  return header + text;
}

}  // namespace derrd
