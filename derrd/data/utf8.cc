#include "derrd/data/utf8.h"

#include <cstddef>
#include <cstdint>

namespace derrd {
namespace {

// The bytes that follow a lead byte, and the smallest code point that needs that many.
struct Sequence {
  std::size_t following;
  std::uint32_t lead_bits;
  std::uint32_t smallest;
};

bool ReadLead(unsigned char lead, Sequence& sequence) {
  if (lead < 0x80) {
    sequence = {0, lead, 0};
  } else if ((lead & 0xE0) == 0xC0) {
    sequence = {1, lead & 0x1Fu, 0x80};
  } else if ((lead & 0xF0) == 0xE0) {
    sequence = {2, lead & 0x0Fu, 0x800};
  } else if ((lead & 0xF8) == 0xF0) {
    sequence = {3, lead & 0x07u, 0x10000};
  } else {
    return false;
  }
  return true;
}

}  // namespace

bool IsUtf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    Sequence sequence{};
    if (!ReadLead(static_cast<unsigned char>(text[i++]), sequence)) return false;
    std::uint32_t code = sequence.lead_bits;
    for (std::size_t k = 0; k < sequence.following; ++k, ++i) {
      if (i == text.size() || (static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) return false;
      code = code << 6 | (static_cast<unsigned char>(text[i]) & 0x3Fu);
    }
    const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
    if (code < sequence.smallest || code > 0x10FFFF || surrogate) return false;
  }
  return true;
}

std::string Shortened(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return std::string(text);
  const auto follows = [&](std::size_t i) {
    return (static_cast<unsigned char>(text[i]) & 0xC0) == 0x80;
  };
  while (bytes > 0 && follows(bytes)) --bytes;
  return std::string(text.substr(0, bytes)) + "...";
}

std::string FromLatin1(std::string_view text) {
  std::string result;
  result.reserve(text.size() + text.size() / 8);
  for (const char character : text) {
    const auto code = static_cast<unsigned char>(character);
    if (code < 0x80) {
      result += character;
    } else {
      result += static_cast<char>(0xC0 | code >> 6);
      result += static_cast<char>(0x80 | (code & 0x3F));
    }
  }
  return result;
}

}  // namespace derrd
