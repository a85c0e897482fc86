// How failures are told.
//
// Every failure a user can cause is an Error whose message is one sentence naming the file, the
// place and the remedy. The program prints it as it is and exits with 1; a UsageError (wrong flags,
// impossible combinations of settings) exits with 2, a NotFinite with its kExitCode. Broken
// internal promises are assertions.
#ifndef DERRD_CORE_ERROR_H_
#define DERRD_CORE_ERROR_H_

#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace derrd {

class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class UsageError : public Error {
 public:
  using Error::Error;
};

// A loss, a score or a solution that is not finite, which the same settings lead to every time.
class NotFinite : public Error {
 public:
  static constexpr int kExitCode = 3;
  using Error::Error;
};

// Throws Error (or the given kind of it) with a formatted message.
template <typename Kind = Error, typename... Args>
[[noreturn]] void Fail(fmt::format_string<Args...> format, Args&&... args) {
  throw Kind(fmt::format(format, std::forward<Args>(args)...));
}

// "x.tsv: cannot open the file: No such file or directory; check the path", from errno.
[[noreturn]] void FailWithErrno(const std::string& action, const std::string& path);

}  // namespace derrd

#endif  // DERRD_CORE_ERROR_H_
