#include "derrd/serve/recommend_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "derrd/serve/http_error.h"

namespace derrd::serve {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// "400 invalid_k: ..." of what is refused, empty of what is read.
std::string RefusalOf(std::string_view body, const RequestLimits& limits = {}) {
  RecommendParser parser;
  try {
    parser.Parse(body, limits);
    return "";
  } catch (const HttpError& error) {
    return fmt::format("{} {}: {}", error.status(), error.code(), error.what());
  }
}

TEST(RecommendParser, ReadsEveryField) {
  RecommendParser parser;
  const auto requests = parser.Parse(
      R"({"exclude": ["a\"b", ""], "user": "\u00fcser\ud83d\ude00", "k": 7, "include_seen": true,
          "compare": true, "allow": ["b", "b"],
          "where": {"l\u00e4nge": ["1", "=", "1"], "": "x"}})",
      {});
  ASSERT_EQ(requests.size(), 1u);
  EXPECT_FALSE(parser.is_batch());
  EXPECT_EQ(requests[0].user, "üser😀");
  EXPECT_THAT(requests[0].exclude, ElementsAre("a\"b", ""));
  EXPECT_THAT(requests[0].items, IsEmpty());
  EXPECT_EQ(requests[0].k, 7u);
  EXPECT_TRUE(requests[0].include_seen);
  EXPECT_TRUE(requests[0].compare);
  EXPECT_TRUE(requests[0].has_allow);
  EXPECT_THAT(requests[0].allow, ElementsAre("b", "b"));
  EXPECT_THAT(requests[0].where, ElementsAre(WantedValue{"länge", "1"}, WantedValue{"länge", "="},
                                             WantedValue{"länge", "1"}, WantedValue{"", "x"}));
}

TEST(RecommendParser, AnEmptyListAllowsNothingAndAnEmptyObjectAnything) {
  RecommendParser parser;
  const auto request = parser.Parse(R"({"user": "u", "allow": [], "where": {}})", {})[0];
  EXPECT_TRUE(request.has_allow);
  EXPECT_THAT(request.allow, IsEmpty());
  EXPECT_THAT(request.where, IsEmpty());
}

TEST(RecommendParser, NothingStaysFromTheRequestBefore) {
  RecommendParser parser;
  parser.Parse(R"({"requests": [{"items": ["x", "y"], "k": 3, "include_seen": true},
                               {"user": "u", "exclude": ["z"], "compare": true, "allow": ["a"],
                                "where": {"n": "v"}}]})",
               {});
  EXPECT_TRUE(parser.is_batch());
  auto requests = parser.Parse(R"({"user": "v"})", {});
  ASSERT_EQ(requests.size(), 1u);
  EXPECT_FALSE(parser.is_batch());
  EXPECT_EQ(requests[0].user, "v");
  EXPECT_THAT(requests[0].items, IsEmpty());
  EXPECT_EQ(requests[0].k, 10u);
  EXPECT_FALSE(requests[0].include_seen);
  requests = parser.Parse(R"({"requests": [{"items": ["x"]}, {"items": ["y"], "k": 2}]})", {});
  ASSERT_EQ(requests.size(), 2u);
  EXPECT_FALSE(requests[1].user);
  EXPECT_THAT(requests[1].items, ElementsAre("y"));
  EXPECT_THAT(requests[1].exclude, IsEmpty());
  EXPECT_FALSE(requests[1].compare);
  EXPECT_FALSE(requests[1].has_allow);
  EXPECT_THAT(requests[1].allow, IsEmpty());
  EXPECT_THAT(requests[1].where, IsEmpty());
}

TEST(RecommendParser, TheDefaultOfKIsWithinItsLimit) {
  RecommendParser parser;
  EXPECT_EQ(parser.Parse(R"({"user": "v"})", {.k = 4})[0].k, 4u);
}

TEST(RecommendParser, LimitsAreTheMostThatIsAllowed) {
  const RequestLimits limits{.k = 5, .batch = 2};
  EXPECT_EQ(RefusalOf(R"({"user":"u","k":5})", limits), "");
  EXPECT_THAT(RefusalOf(R"({"user":"u","k":6})", limits), HasSubstr("400 invalid_k: k is 6"));
  EXPECT_EQ(RefusalOf(R"({"requests":[{"user":"u"},{"user":"u"}]})", limits), "");
  EXPECT_THAT(RefusalOf(R"({"requests":[{"user":"u"},{"user":"u"},{"user":"u"}]})", limits),
              HasSubstr("400 invalid_batch"));
}

TEST(RecommendParser, SaysWhatIsWrongAndWhere) {
  EXPECT_THAT(RefusalOf(R"({"requests":[{"user":"u"},{"user":"u","k":true}]})"),
              HasSubstr("requests[1]: k is true or false; give a whole number"));
  EXPECT_THAT(RefusalOf(R"({"requests":[{"user":"u"},3]})"), HasSubstr("requests[1] is a number"));
  EXPECT_THAT(RefusalOf(R"({"usr":"u"})"), HasSubstr("did you mean 'user'?"));
  EXPECT_THAT(RefusalOf(R"({"user":"u","k":18446744073709551615})"), HasSubstr("invalid_k"));
  EXPECT_THAT(RefusalOf(R"({"user":"u","k":99999999999999999999999})"), HasSubstr("invalid_k"));
  EXPECT_THAT(RefusalOf(R"({"user":{"a":1}})"), HasSubstr("user is an object; give a text"));
  EXPECT_THAT(RefusalOf(R"({"items":[["i"]]})"), HasSubstr("items holds an array"));
  EXPECT_THAT(RefusalOf(R"({"include_seen":1})"), HasSubstr("give true or false"));
  EXPECT_THAT(RefusalOf(R"({"exclude":null})"),
              HasSubstr("exclude is null; give an array of texts"));
  EXPECT_THAT(RefusalOf(R"({"user":"u","requests":[{"user":"u"}]})"), HasSubstr("invalid_field"));
  EXPECT_THAT(RefusalOf(R"({"requests":[{"user":"u"}],"requests":[]})"),
              HasSubstr("invalid_field"));
  EXPECT_THAT(RefusalOf(R"({"allow":"i1"})"), HasSubstr("allow is a text; give an array of texts"));
  EXPECT_THAT(RefusalOf(R"({"allow":[],"allow":[]})"), HasSubstr("repeated_field: allow is given"));
  EXPECT_THAT(RefusalOf(R"({"allow":[1]})"), HasSubstr("allow holds a number"));
  EXPECT_THAT(RefusalOf(R"({"where":["a"]})"),
              HasSubstr("where is an array; give an object of attributes and their values"));
  EXPECT_THAT(RefusalOf(R"({"where":"a=b"})"), HasSubstr("400 invalid_field: where is a text"));
  EXPECT_THAT(RefusalOf(R"({"user":"u","where":{},"where":{}})"), HasSubstr("repeated_field"));
  EXPECT_THAT(RefusalOf(R"({"where":{"a":"x","b":"y","a":["z"]}})"),
              HasSubstr("400 repeated_field: where gives 'a' twice"));
  EXPECT_THAT(RefusalOf(R"({"requests":[{"user":"u","where":{"a":"x"}},{"where":{"a":[]}}]})"),
              HasSubstr("400 invalid_field: requests[1]: where gives 'a' no value"));
  EXPECT_THAT(RefusalOf(R"({"where":{"a":null}})"),
              HasSubstr("where holds null for 'a'; give a text or an array of texts"));
  EXPECT_THAT(RefusalOf(R"({"where":{"a":{"b":"c"}}})"), HasSubstr("holds an object for 'a'"));
  EXPECT_THAT(RefusalOf(R"({"where":{"a":["b",["c"]]}})"),
              HasSubstr("where holds an array among the values of 'a'; give texts alone"));
  EXPECT_THAT(RefusalOf(R"({"where":{"a":["b",{}]}})"), HasSubstr("holds an object among"));
  EXPECT_THAT(RefusalOf(R"({"where":{"a":7}})"), HasSubstr("holds a number for 'a'"));
  EXPECT_THAT(RefusalOf(R"({"where":{"a":["b",-7.5]}})"), HasSubstr("holds a number among"));
  EXPECT_THAT(RefusalOf(R"({"where":{"a":true}})"), HasSubstr("holds true or false for 'a'"));
  EXPECT_THAT(RefusalOf(R"({"where":{"user":"u"}})"), HasSubstr("recommend to whom?"));
  EXPECT_THAT(RefusalOf(R"({"requests":[{"user":"u"}],"where":{}})"), HasSubstr("invalid_field"));
  EXPECT_THAT(RefusalOf("{\"user\":\"\xed\xa0\x80\"}"), HasSubstr("invalid_utf8"));
  EXPECT_THAT(RefusalOf(R"({"user":"\ud800"})"), HasSubstr("invalid_json"));
  EXPECT_THAT(RefusalOf(std::string_view("{\"user\":\"u\"}\0", 13)), HasSubstr("invalid_json"));
  EXPECT_THAT(RefusalOf("{\"user\":\"u\"} // so"), HasSubstr("invalid_json"));
}

TEST(RecommendParser, EveryBeginningOfABodyIsRefused) {
  const std::string whole =
      R"({"requests":[{"user":"\u00fc","k":3,"exclude":["a"]},{"items":["x"],"compare":false,
          "allow":["y"],"where":{"a":"b","c":["d","e"]}}]})";
  ASSERT_EQ(RefusalOf(whole), "");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_THAT(RefusalOf(whole.substr(0, size)), HasSubstr("400 ")) << size;
  }
}

TEST(RecommendParser, DepthCostsNothing) {
  for (const char* const begin :
       {"", R"({"user":)", R"({"requests":[{"items":)", R"({"x":)", R"({"where":)",
        R"({"where":{"a":)", R"({"where":{"a":[)", R"({"allow":)"}) {
    EXPECT_THAT(RefusalOf(begin + std::string(5u << 20, '[')), HasSubstr("400 ")) << begin;
  }
  std::string objects = R"({"where":)";
  for (int depth = 0; depth < 500'000; ++depth) objects += R"({"a":)";
  EXPECT_THAT(RefusalOf(objects), HasSubstr("400 invalid_field"));
}

TEST(RecommendParser, ManyAttributesAreComparedWithoutEachOther) {
  std::string body = R"({"user":"u","where":{)";
  for (int name = 0; name < 100'000; ++name) body += fmt::format(R"("{}":"v",)", name);
  EXPECT_EQ(RefusalOf(body + R"("last":"v"}})"), "");
  EXPECT_THAT(RefusalOf(body + R"("77777":"v"}})"), HasSubstr("where gives '77777' twice"));
  EXPECT_LT(RefusalOf(R"({"where":{")" + std::string(100'000, 'x') + R"(":1}})").size(), 300u);
}

}  // namespace
}  // namespace derrd::serve
