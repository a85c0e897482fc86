// Small texts of HTTP and JSON: targets, tokens, answers, metrics, searches for ids.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "derrd/core/file.h"
#include "derrd/core/test_folder.h"
#include "derrd/serve/access_log.h"
#include "derrd/serve/bearer_token.h"
#include "derrd/serve/http_error.h"
#include "derrd/serve/http_message.h"
#include "derrd/serve/id_search.h"
#include "derrd/serve/json_text.h"
#include "derrd/serve/metrics.h"
#include "derrd/serve/private_copy.h"
#include "derrd/serve/target.h"

namespace derrd::serve {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(JsonText, IsReadBackAsItWas) {
  std::string all;
  for (int c = 0; c < 128; ++c) all += static_cast<char>(c);
  for (const std::string& text : {std::string(), all, std::string("üser😀\"\\\n")}) {
    std::string out;
    AppendJsonString(out, text);
    EXPECT_EQ(nlohmann::json::parse(out).get<std::string>(), text);
  }
  std::string out;
  AppendAscii(out, "a\xff\"\x7f");
  EXPECT_EQ(nlohmann::json::parse(out).get<std::string>(), "a?\"?");
}

TEST(Target, PathAndParameters) {
  const Target target = SplitTarget("/v1/users?q=a%20b+c%C3%BC&limit=5&q=second&empty&=x");
  EXPECT_EQ(target.path, "/v1/users");
  EXPECT_EQ(Parameter(target.query, "q"), "a b cü");
  EXPECT_EQ(Parameter(target.query, "limit"), "5");
  EXPECT_EQ(Parameter(target.query, "empty"), "");
  EXPECT_EQ(Parameter(target.query, "none"), std::nullopt);
  EXPECT_EQ(Parameter(SplitTarget("/").query, "q"), std::nullopt);
  EXPECT_EQ(SplitTarget("http://x:80/healthz?a=b").path, "/healthz");
  EXPECT_EQ(SplitTarget("http://x:80/healthz?a=b").query, "a=b");
  EXPECT_EQ(SplitTarget("https://x").path, "/");
  EXPECT_EQ(SplitTarget("http://x?a=b").query, "a=b");
  EXPECT_EQ(SplitTarget("/v1/users?q=http://x/y").path, "/v1/users");
  EXPECT_EQ(Parameter(SplitTarget("/?").query, "q"), std::nullopt);
  for (const char* const broken : {"q=%", "q=%4", "q=%zz", "q=%+1", "q=%ff"}) {
    EXPECT_THROW(Parameter(broken, "q"), HttpError) << broken;
  }
}

TEST(BearerToken, OnlyTheTokenIsAuthorized) {
  EXPECT_TRUE(IsAuthorized("Bearer secret-1", "secret-1"));
  EXPECT_TRUE(IsAuthorized("bearer secret-1", "secret-1"));
  for (const char* const wrong :
       {"", "Bearer", "Bearer ", "Bearer secret-", "Bearer secret-2", "Bearer secret-11",
        "Bearer secret-1secret-1", "secret-1", "Basic secret-1", "Bearer  secret-1"}) {
    EXPECT_FALSE(IsAuthorized(wrong, "secret-1")) << wrong;
  }
}

TEST(BearerToken, IsOneLineOfAFile) {
  const TestFolder folder;
  const auto token_of = [&](const std::string& text) {
    std::ofstream(folder / "token") << text;
    return ReadToken(folder / "token");
  };
  EXPECT_EQ(token_of("12345678\r\n"), "12345678");
  EXPECT_THROW(token_of(""), Error);
  EXPECT_THROW(token_of("1234567\n"), Error);
  EXPECT_THROW(token_of("1234 5678"), Error);
  EXPECT_THROW(token_of("12345678\n12345678\n"), Error);
  EXPECT_THROW(ReadToken(folder / "absent"), Error);
}

TEST(HttpReply, Bytes) {
  HttpReply reply;
  reply.body = "{}";
  std::string out;
  AppendReply(out, reply, "now", true, false);
  EXPECT_EQ(
      out,
      "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\nDate: now\r\n"
      "\r\n{}");
  out.clear();
  SetError(reply, 401, "unauthorized", "say \"please\"");
  AppendReply(out, reply, "", false, true);
  EXPECT_EQ(out, fmt::format("HTTP/1.1 401 Unauthorized\r\nContent-Type: application/json\r\n"
                             "Content-Length: {}\r\nWWW-Authenticate: Bearer\r\n"
                             "Connection: close\r\n\r\n",
                             reply.body.size()));
  const auto error = nlohmann::json::parse(reply.body);
  EXPECT_EQ(error, nlohmann::json::parse(
                       R"({"error":{"code":"unauthorized","message":"say \"please\""}})"));
}

TEST(Metrics, CountsOfThreadsAreAddedUp) {
  Metrics metrics(2);
  metrics.Count(0, Route::kRecommend, 200, 30);   // at most 50 us
  metrics.Count(1, Route::kRecommend, 200, 25);   // at most 25 us
  metrics.Count(1, Route::kRecommend, 404, 2e6);  // more than a second
  metrics.Count(0, Route::kPage, 418, 1);         // a status that is not counted apart
  std::string out;
  metrics.AppendTo(out);
  for (const char* const line :
       {"derrd_requests_total{route=\"/v1/recommend\",status=\"200\"} 2\n",
        "derrd_requests_total{route=\"/v1/recommend\",status=\"404\"} 1\n",
        "derrd_requests_total{route=\"page\",status=\"500\"} 1\n",
        "derrd_request_seconds_bucket{route=\"/v1/recommend\",le=\"2.5e-05\"} 1\n",
        "derrd_request_seconds_bucket{route=\"/v1/recommend\",le=\"5e-05\"} 2\n",
        "derrd_request_seconds_bucket{route=\"/v1/recommend\",le=\"1\"} 2\n",
        "derrd_request_seconds_bucket{route=\"/v1/recommend\",le=\"+Inf\"} 3\n",
        "derrd_request_seconds_sum{route=\"/v1/recommend\"} 2.000055\n",
        "derrd_request_seconds_count{route=\"/v1/recommend\"} 3\n"}) {
    EXPECT_THAT(out, HasSubstr(line));
  }
}

TEST(FindIds, TheIdItselfThenBeginningsThenTheRest) {
  const Ids ids({"xab", "abc", "ab", "zz", "q"});
  const Ids names({"", "", "", "Cabbage", "AB fab"});
  EXPECT_THAT(FindIds(ids, Ids(), "ab", 10), ElementsAre(2, 1, 0));
  EXPECT_THAT(FindIds(ids, names, "aB", 10), ElementsAre(1, 2, 4, 0, 3));
  EXPECT_THAT(FindIds(ids, names, "ab", 2), ElementsAre(2, 1));
  EXPECT_THAT(FindIds(ids, names, "", 3), ElementsAre(0, 1, 2));
  EXPECT_THAT(FindIds(ids, names, "nothing", 3), IsEmpty());
  EXPECT_THAT(FindIds(Ids(), Ids(), "a", 3), IsEmpty());
}

TEST(AccessLog, LinesOfManyThreadsStayWhole) {
  const TestFolder folder;
  constexpr int kThreads = 4, kLines = 2000;
  {
    AccessLog log(folder / "log");
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < kLines; ++i) {
          std::string line(static_cast<std::size_t>(20 + i % 50), static_cast<char>('a' + t));
          line += '\n';
          EXPECT_TRUE(log.Write(line));
          EXPECT_EQ(line, "");
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  std::ifstream file(folder / "log");
  int lines = 0;
  for (std::string line; std::getline(file, line); ++lines) {
    EXPECT_EQ(line.find_first_not_of(line.substr(0, 1)), std::string::npos);
  }
  EXPECT_EQ(lines, kThreads * kLines);
  EXPECT_THROW(AccessLog(folder / "no/log"), Error);
}

TEST(PrivateCopy, StaysWhenTheFileIsOverwrittenOrCut) {
  const TestFolder folder;
  const std::string path = folder / "file";
  const std::string text(100000, 'a');
  WriteTextFile(path, text);
  const auto mapped = [&] {
    const PrivateCopy copy(path);
    return MappedFile(copy.path());
  }();
  std::ofstream(path, std::ios::trunc) << "b";
  EXPECT_EQ(mapped.text(), text);
  EXPECT_THROW(PrivateCopy(folder / "absent"), Error);
  EXPECT_THROW(PrivateCopy(folder.path()), Error);
}

}  // namespace
}  // namespace derrd::serve
