#include "derrd/serve/bearer_token.h"

#include <algorithm>

#include "derrd/core/error.h"
#include "derrd/core/file.h"
#include "derrd/serve/ascii.h"

namespace derrd::serve {
namespace {

constexpr std::size_t kShortest = 8;

}  // namespace

std::string ReadToken(const std::string& path) {
  std::string token = ReadTextFile(path);
  while (!token.empty() && (token.back() == '\n' || token.back() == '\r')) token.pop_back();
  const bool printable = std::ranges::all_of(token, [](char c) { return c > ' ' && c < 0x7f; });
  if (token.size() < kShortest || !printable) {
    Fail(
        "{}: holds no token; write one line of at least {} letters, digits or signs without spaces",
        path, kShortest);
  }
  return token;
}

bool IsAuthorized(std::string_view authorization, std::string_view token) {
  constexpr std::string_view kScheme = "bearer ";
  if (authorization.size() < kScheme.size()) return false;
  const auto scheme = authorization.substr(0, kScheme.size());
  if (!std::ranges::equal(scheme, kScheme, {}, LowerAscii)) return false;
  const std::string_view given = authorization.substr(kScheme.size());
  unsigned difference = given.size() == token.size() ? 0 : 1;
  for (std::size_t i = 0; i < given.size(); ++i) {
    difference |= static_cast<unsigned char>(given[i] ^ token[i % token.size()]);
  }
  return difference == 0;
}

}  // namespace derrd::serve
