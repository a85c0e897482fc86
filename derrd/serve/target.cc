#include "derrd/serve/target.h"

#include <algorithm>
#include <charconv>

#include "derrd/data/utf8.h"
#include "derrd/serve/http_error.h"

namespace derrd::serve {
namespace {

std::string Decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i] == '+' ? ' ' : text[i];
      continue;
    }
    unsigned byte = 0;
    const char* const begin = text.data() + i + 1;
    if (text.size() - i < 3 || std::from_chars(begin, begin + 2, byte, 16).ptr != begin + 2) {
      Refuse(400, "invalid_query", "the query has a % that no two hexadecimal digits follow");
    }
    out += static_cast<char>(byte);
    i += 2;
  }
  if (!IsUtf8(out)) Refuse(400, "invalid_utf8", "the query is not UTF-8; encode it so");
  return out;
}

}  // namespace

Target SplitTarget(std::string_view target) {
  // Absolute form, which a server has to take (RFC 9112, section 3.2.2): "http://host/path".
  const std::size_t scheme = target.find("://");
  if (!target.starts_with('/') && scheme != std::string_view::npos) {
    const std::size_t path = target.find_first_of("/?", scheme + 3);
    target = path == std::string_view::npos ? "/" : target.substr(path);
  }
  const std::size_t mark = target.find('?');
  if (mark == std::string_view::npos) return {target, {}};
  return {target.substr(0, mark), target.substr(mark + 1)};
}

std::optional<std::string> Parameter(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    const std::size_t equals = pair.find('=');
    if (pair.substr(0, equals) != name) continue;
    return equals == std::string_view::npos ? std::string() : Decoded(pair.substr(equals + 1));
  }
  return std::nullopt;
}

}  // namespace derrd::serve
