// Bytes of a connection as requests: HTTP/1.0 and 1.1, bodies with a length or in chunks.
#ifndef DERRD_SERVE_HTTP_PARSER_H_
#define DERRD_SERVE_HTTP_PARSER_H_

#include <cstddef>
#include <memory>
#include <string_view>

#include "derrd/serve/http_message.h"

namespace derrd::serve {

// Reads one request after the other into memory that is reused. Boost.Beast finds the request's
// parts; only what answers need of them is kept.
class HttpParser {
 public:
  HttpParser(std::size_t header_limit, std::size_t body_limit);  // bytes
  ~HttpParser();

  // Takes what it can of the bytes and returns how many that are, as they need not come again. More
  // than one call may be needed for a request, and none of the bytes may be taken (a header is
  // taken as a whole). HttpError when they can be no request: 400, 413 (body), 431 (header) or 505;
  // the connection is then beyond repair.
  std::size_t Parse(std::string_view bytes);

  bool done() const;  // request() is whole
  const HttpRequest& request() const;
  // Whether some of a request has been taken: the end of the connection would cut it short.
  bool is_within_request() const;
  // Whether the client waits for "100 Continue" before it sends the body; true once a request.
  bool TakeWantsContinue();
  void Next();  // after done(): ready for the next request

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace derrd::serve

#endif  // DERRD_SERVE_HTTP_PARSER_H_
