// JSON written straight into a buffer: answers are made of little else.
#ifndef DERRD_SERVE_JSON_TEXT_H_
#define DERRD_SERVE_JSON_TEXT_H_

#include <fmt/format.h>

#include <iterator>
#include <string>
#include <string_view>

namespace derrd::serve {

// Appends the text in quotes, with ", \ and control characters escaped. text: UTF-8.
void AppendJsonString(std::string& out, std::string_view text);

// The same for bytes that may be anything: those outside ASCII become "?".
void AppendAscii(std::string& out, std::string_view bytes);

// Appends formatted text without a copy in between.
template <typename... Args>
void Append(std::string& out, fmt::format_string<Args...> format, Args&&... args) {
  fmt::format_to(std::back_inserter(out), format, std::forward<Args>(args)...);
}

}  // namespace derrd::serve

#endif  // DERRD_SERVE_JSON_TEXT_H_
