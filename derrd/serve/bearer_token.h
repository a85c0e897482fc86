// The token that opens the server.
#ifndef DERRD_SERVE_BEARER_TOKEN_H_
#define DERRD_SERVE_BEARER_TOKEN_H_

#include <string>
#include <string_view>

namespace derrd::serve {

// The token of a file: its one line. Error when the file cannot be read, or holds no token of at
// least 8 characters without spaces.
std::string ReadToken(const std::string& path);

// Whether an Authorization header is "Bearer" and this token. The time it takes depends on the
// header alone, not on how much of it is right.
bool IsAuthorized(std::string_view authorization, std::string_view token);

}  // namespace derrd::serve

#endif  // DERRD_SERVE_BEARER_TOKEN_H_
