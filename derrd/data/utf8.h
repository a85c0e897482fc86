// Text encodings: what we write is UTF-8.
#ifndef DERRD_DATA_UTF8_H_
#define DERRD_DATA_UTF8_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace derrd {

// Whether the text is well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates).
bool IsUtf8(std::string_view text);

// The text, or of a longer one the first `bytes` bytes or a few less, as no character is cut, and
// "...".
std::string Shortened(std::string_view text, std::size_t bytes);

// ISO 8859-1 as UTF-8. Cannot fail.
std::string FromLatin1(std::string_view text);

}  // namespace derrd

#endif  // DERRD_DATA_UTF8_H_
