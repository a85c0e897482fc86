// How a request is refused: a status, a code for programs and a sentence for people.
#ifndef DERRD_SERVE_HTTP_ERROR_H_
#define DERRD_SERVE_HTTP_ERROR_H_

#include <string>
#include <string_view>
#include <utility>

#include "derrd/core/error.h"

namespace derrd::serve {

// Becomes {"error": {"code": code, "message": message()}} with this status (4xx or 5xx).
class HttpError : public Error {
 public:
  // code: a constant that lives as long as the program.
  HttpError(int status, std::string_view code, const std::string& message)
      : Error(message), message_(message), status_(status), code_(code) {}

  // what() ends at the first NUL of an id that it quotes.
  const std::string& message() const { return message_; }
  int status() const { return status_; }
  std::string_view code() const { return code_; }

 private:
  std::string message_;
  int status_;
  std::string_view code_;
};

// Throws HttpError with a formatted message.
template <typename... Args>
[[noreturn]] void Refuse(int status, std::string_view code, fmt::format_string<Args...> format,
                         Args&&... args) {
  throw HttpError(status, code, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace derrd::serve

#endif  // DERRD_SERVE_HTTP_ERROR_H_
