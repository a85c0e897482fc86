#include "derrd/serve/http_parser.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "derrd/serve/http_error.h"

namespace derrd::serve {
namespace {

// What a connection does: bytes come in pieces of this size and what is not taken comes again.
std::vector<HttpRequest> RequestsIn(const std::string& bytes, std::size_t piece,
                                    std::size_t body_limit = 100) {
  HttpParser parser(1000, body_limit);
  std::vector<HttpRequest> requests;
  std::string unread;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    unread += bytes.substr(at, piece);
    while (!unread.empty()) {
      const std::size_t taken = parser.Parse(unread);
      unread.erase(0, taken);
      if (parser.done()) {
        requests.push_back(parser.request());
        parser.Next();
      } else if (taken == 0) {
        break;
      }
    }
  }
  EXPECT_EQ(unread, "");
  EXPECT_FALSE(parser.is_within_request());
  return requests;
}

int StatusOf(const std::string& bytes) {
  try {
    RequestsIn(bytes, bytes.size());
    return 200;
  } catch (const HttpError& error) {
    return error.status();
  }
}

TEST(HttpParser, FindsRequestsHoweverTheyArrive) {
  const std::string bytes =
      "POST /a?b=c HTTP/1.1\r\nHost: x\r\ncontent-TYPE: application/json\r\n"
      "Authorization: Bearer t\r\nContent-Length: 5\r\n\r\n12345"
      "HEAD /d HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
      "POST /e HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
      "2;a=b\r\nab\r\n1\r\nc\r\n0\r\nAuthorization: late\r\n\r\n"
      "DELETE /f HTTP/1.0\r\n\r\n";
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    const auto requests = RequestsIn(bytes, piece);
    ASSERT_EQ(requests.size(), 4u) << piece;
    EXPECT_EQ(requests[0].method, Method::kPost);
    EXPECT_EQ(requests[0].target, "/a?b=c");
    EXPECT_EQ(requests[0].content_type, "application/json");
    EXPECT_EQ(requests[0].authorization, "Bearer t");
    EXPECT_EQ(requests[0].body, "12345");
    EXPECT_TRUE(requests[0].keep_alive);
    EXPECT_EQ(requests[1].method, Method::kHead);
    EXPECT_EQ(requests[1].content_type, "");
    EXPECT_EQ(requests[1].body, "");
    EXPECT_FALSE(requests[1].keep_alive);
    EXPECT_EQ(requests[2].body, "abc");
    EXPECT_EQ(requests[2].authorization, "");
    EXPECT_EQ(requests[3].method, Method::kOther);
    EXPECT_FALSE(requests[3].keep_alive);
  }
}

TEST(HttpParser, RefusesWhatIsTooLargeAtItsBeginning) {
  const std::string head = "POST / HTTP/1.1\r\nHost: x\r\n";
  EXPECT_EQ(StatusOf(head + "Content-Length: 100\r\n\r\n" + std::string(100, 'x')), 200);
  EXPECT_EQ(StatusOf(head + "Content-Length: 101\r\n\r\n"), 413);
  EXPECT_EQ(StatusOf(head + "Content-Length: 99999999999999999999\r\n\r\n"), 400);
  EXPECT_EQ(StatusOf(head + "Transfer-Encoding: chunked\r\n\r\nfffff\r\n"), 413);
  EXPECT_EQ(StatusOf(head + "X: " + std::string(1000, 'x') + "\r\n\r\n"), 431);
}

TEST(HttpParser, RefusesWhatCouldBeReadInTwoWays) {
  const std::string head = "POST / HTTP/1.1\r\nHost: x\r\n";
  EXPECT_EQ(StatusOf(head + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx"), 400);
  EXPECT_EQ(StatusOf(head + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"), 400);
  EXPECT_EQ(StatusOf(head + "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n"), 400);
  EXPECT_EQ(StatusOf(head + "Transfer-Encoding: gzip\r\n\r\n"), 400);
  EXPECT_EQ(StatusOf(head + "Host: y\r\n\r\n"), 400);
  EXPECT_EQ(StatusOf("GET / HTTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(StatusOf("GET / HTTP/3.0\r\nHost: x\r\n\r\n"), 505);
  EXPECT_EQ(StatusOf(head + "Content-Length: -1\r\n\r\n"), 400);
}

TEST(HttpParser, AsksForABodyOnce) {
  HttpParser parser(1000, 100);
  const std::string head =
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n";
  EXPECT_EQ(parser.Parse(head), head.size());
  EXPECT_TRUE(parser.is_within_request());
  EXPECT_TRUE(parser.TakeWantsContinue());
  EXPECT_FALSE(parser.TakeWantsContinue());
  EXPECT_EQ(parser.Parse("ab"), 2u);
  ASSERT_TRUE(parser.done());
  parser.Next();
  EXPECT_EQ(parser.Parse(head + "ab"), head.size() + 2);
  EXPECT_FALSE(parser.TakeWantsContinue());
}

}  // namespace
}  // namespace derrd::serve
