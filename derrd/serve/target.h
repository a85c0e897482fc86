// The target of a request in its parts.
#ifndef DERRD_SERVE_TARGET_H_
#define DERRD_SERVE_TARGET_H_

#include <optional>
#include <string>
#include <string_view>

namespace derrd::serve {

// "/v1/users?q=a%20b" as views of its path and its query. The path is not decoded: none of ours
// needs it.
struct Target {
  std::string_view path, query;
};
Target SplitTarget(std::string_view target);

// The value of a query's first parameter of this name, decoded (%XX, and + as a space); nothing
// when it is not there. HttpError (400) when it is not decodable or not UTF-8.
std::optional<std::string> Parameter(std::string_view query, std::string_view name);

}  // namespace derrd::serve

#endif  // DERRD_SERVE_TARGET_H_
