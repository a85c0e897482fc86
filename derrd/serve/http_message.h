// A request as it came, and the answer to it.
#ifndef DERRD_SERVE_HTTP_MESSAGE_H_
#define DERRD_SERVE_HTTP_MESSAGE_H_

#include <string>
#include <string_view>

namespace derrd::serve {

enum class Method { kGet, kHead, kPost, kOther };

// Memory is kept from one request to the next.
struct HttpRequest {
  Method method = Method::kOther;
  std::string target;         // as sent: path and query, not decoded
  std::string content_type;   // empty: none was sent
  std::string authorization;  // empty: none was sent
  std::string body;
  bool keep_alive = false;

  void Clear();
};

// Written by whoever answers. Memory is kept from one answer to the next.
struct HttpReply {
  int status = 200;
  std::string_view content_type = "application/json";  // a constant
  std::string_view headers;  // further lines, each with its CRLF; a constant
  std::string body;

  void Clear();
};

// The whole answer as bytes: HTTP/1.1, with the length of the body, which is left out after a HEAD
// request. `date`: as in the Date header; empty leaves it out.
void AppendReply(std::string& out, const HttpReply& reply, std::string_view date, bool keep_alive,
                 bool head_only);

// Turns the reply into {"error": {"code": code, "message": message}}.
void SetError(HttpReply& reply, int status, std::string_view code, std::string_view message);

// Appends "error": {...} as above, without braces around it.
void AppendError(std::string& out, std::string_view code, std::string_view message);

std::string_view ReasonPhrase(int status);  // "Not Found"

}  // namespace derrd::serve

#endif  // DERRD_SERVE_HTTP_MESSAGE_H_
