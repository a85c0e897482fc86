#include "derrd/serve/http_message.h"

#include "derrd/serve/json_text.h"

namespace derrd::serve {

void HttpRequest::Clear() {
  method = Method::kOther;
  target.clear();
  content_type.clear();
  authorization.clear();
  body.clear();
  keep_alive = false;
}

void HttpReply::Clear() {
  status = 200;
  content_type = "application/json";
  headers = {};
  body.clear();
}

void AppendReply(std::string& out, const HttpReply& reply, std::string_view date, bool keep_alive,
                 bool head_only) {
  Append(out, "HTTP/1.1 {} {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n", reply.status,
         ReasonPhrase(reply.status), reply.content_type, reply.body.size());
  if (!date.empty()) Append(out, "Date: {}\r\n", date);
  out += reply.headers;
  if (!keep_alive) out += "Connection: close\r\n";
  out += "\r\n";
  if (!head_only) out += reply.body;
}

void SetError(HttpReply& reply, int status, std::string_view code, std::string_view message) {
  reply.Clear();
  reply.status = status;
  if (status == 401) reply.headers = "WWW-Authenticate: Bearer\r\n";
  reply.body += '{';
  AppendError(reply.body, code, message);
  reply.body += "}\n";
}

void AppendError(std::string& out, std::string_view code, std::string_view message) {
  Append(out, R"("error":{{"code":"{}","message":)", code);
  AppendJsonString(out, message);
  out += '}';
}

std::string_view ReasonPhrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 431:
      return "Request Header Fields Too Large";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Internal Server Error";
  }
}

}  // namespace derrd::serve
