#include "derrd/serve/http_parser.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/verb.hpp>
#include <optional>

#include "derrd/serve/http_error.h"

namespace derrd::serve {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;

}  // namespace

// Writes a request's parts into an HttpRequest.
class PartsParser : public http::basic_parser<true> {
 public:
  explicit PartsParser(HttpRequest& request) : request_(request) { eager(true); }

  bool wants_continue() const { return wants_continue_; }

 protected:
  using ErrorCode = beast::error_code;
  using View = beast::string_view;

  void on_request_impl(http::verb method, View, View target, int version, ErrorCode&) override {
    is_version_11_ = version >= 11;
    request_.method = method == http::verb::post   ? Method::kPost
                      : method == http::verb::get  ? Method::kGet
                      : method == http::verb::head ? Method::kHead
                                                   : Method::kOther;
    request_.target.assign(target.data(), target.size());
  }

  void on_field_impl(http::field field, View, View value, ErrorCode&) override {
    if (header_ended_) return;  // a trailer after chunks changes nothing
    switch (field) {
      case http::field::content_type:
        request_.content_type.assign(value.data(), value.size());
        break;
      case http::field::authorization:
        request_.authorization.assign(value.data(), value.size());
        break;
      case http::field::host:
        ++hosts_;
        break;
      case http::field::transfer_encoding:
        has_encoding_ = true;
        break;
      case http::field::expect:
        wants_continue_ = beast::iequals(value, "100-continue");
        break;
      default:
        break;
    }
  }

  void on_header_impl(ErrorCode& error) override {
    header_ended_ = true;
    // RFC 9112, 3.2 and 6.1: what would leave it open where the request goes or ends.
    if ((is_version_11_ && hosts_ != 1) || hosts_ > 1) error = http::error::bad_field;
    if (has_encoding_ && !chunked()) error = http::error::bad_transfer_encoding;
  }

  void on_body_init_impl(boost::optional<std::uint64_t> const&, ErrorCode&) override {}
  std::size_t on_body_impl(View body, ErrorCode&) override {
    request_.body.append(body.data(), body.size());
    return body.size();
  }
  void on_chunk_header_impl(std::uint64_t, View, ErrorCode&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, View body, ErrorCode&) override {
    request_.body.append(body.data(), body.size());
    return body.size();
  }
  void on_finish_impl(ErrorCode&) override { request_.keep_alive = keep_alive(); }
  void on_response_impl(int, View, int, ErrorCode&) override {}

 private:
  HttpRequest& request_;
  bool is_version_11_ = true;
  int hosts_ = 0;
  bool header_ended_ = false;
  bool has_encoding_ = false;
  bool wants_continue_ = false;
};

[[noreturn]] void RefuseBytes(const beast::error_code& error, std::size_t header_limit,
                              std::size_t body_limit) {
  if (error == http::error::body_limit) {
    Refuse(413, "body_too_large", "the body is larger than {} bytes; send less at once",
           body_limit);
  }
  if (error == http::error::header_limit) {
    Refuse(431, "header_too_large", "the header is larger than {} bytes; send less of it",
           header_limit);
  }
  if (error == http::error::bad_version) {
    Refuse(505, "unsupported_version", "the request is of no known version; speak HTTP/1.1");
  }
  Refuse(400, "malformed_request", "the bytes are no HTTP/1.1 request: {}", error.message());
}

struct HttpParser::Impl {
  Impl(std::size_t header_limit, std::size_t body_limit)
      : header_limit_(header_limit), body_limit_(body_limit) {
    Begin();
  }

  void Begin() {
    request_.Clear();
    parser_.emplace(request_);
    parser_->header_limit(static_cast<std::uint32_t>(header_limit_));
    parser_->body_limit(body_limit_);
    continue_given_ = false;
  }

  HttpRequest request_;
  std::optional<PartsParser> parser_;
  std::size_t header_limit_, body_limit_;
  bool continue_given_ = false;
};

HttpParser::HttpParser(std::size_t header_limit, std::size_t body_limit)
    : impl_(std::make_unique<Impl>(header_limit, body_limit)) {}

HttpParser::~HttpParser() = default;

std::size_t HttpParser::Parse(std::string_view bytes) {
  beast::error_code error;
  const std::size_t taken =
      impl_->parser_->put(boost::asio::const_buffer(bytes.data(), bytes.size()), error);
  if (error && error != http::error::need_more) {
    RefuseBytes(error, impl_->header_limit_, impl_->body_limit_);
  }
  return taken;
}

bool HttpParser::done() const { return impl_->parser_->is_done(); }
const HttpRequest& HttpParser::request() const { return impl_->request_; }
bool HttpParser::is_within_request() const {
  return impl_->parser_->got_some() && !impl_->parser_->is_done();
}

bool HttpParser::TakeWantsContinue() {
  const bool wants = impl_->parser_->wants_continue() && impl_->parser_->is_header_done() &&
                     !done() && !impl_->continue_given_;
  impl_->continue_given_ = impl_->continue_given_ || wants;
  return wants;
}

void HttpParser::Next() { impl_->Begin(); }

}  // namespace derrd::serve
