// What a body of POST /v1/recommend asks for, as it was written: ids are still text.
#ifndef DERRD_SERVE_RECOMMEND_REQUEST_H_
#define DERRD_SERVE_RECOMMEND_REQUEST_H_

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "derrd/serve/attribute_filter.h"

namespace derrd::serve {

struct RequestLimits {
  std::size_t k = 1000;     // the most items of an answer
  std::size_t batch = 256;  // the most requests of a batch
};

// {"user": "u1" | "items": ["i1", ...], "k": 10, "exclude": ["i2", ...], "include_seen": false,
//  "compare": false, "allow": ["i3", ...], "where": {"category": ["a", "b"], "language": "en"}}
struct RecommendRequest {
  std::optional<std::string_view> user;  // or items, never both
  std::vector<std::string_view> items;
  std::vector<std::string_view> exclude;
  bool has_allow = false;  // whether only these items may be answered, which may be none
  std::vector<std::string_view> allow;
  std::vector<WantedValue> where;  // of each attribute one of its values; empty: any items
  std::size_t k = 10;
  bool include_seen = false;
  bool compare = false;  // the teacher's answer too
};

// Reads bodies one after the other and keeps its memory. Not thread-safe; make one a thread.
class RecommendParser {
 public:
  // One request as above, or {"requests": [such a request, ...]}. The result, views into memory of
  // this object, is valid until the next call. HttpError (400) that says what is wrong and where:
  // no UTF-8, no JSON, a number that is none, an unknown or repeated or missing field, a value of
  // another type, k or the batch beyond the limits. Never looks deeper into the JSON than a request
  // goes, and never recurses. O(bytes).
  std::span<const RecommendRequest> Parse(std::string_view body, const RequestLimits& limits);

  // Whether the last body was a batch: then the answer is one too.
  bool is_batch() const { return is_batch_; }

 private:
  friend class RecommendHandler;

  std::string text_;                        // of all ids, names and values, without escapes
  std::vector<RecommendRequest> requests_;  // the first count_ are in use
  std::size_t count_ = 0;
  std::vector<std::string_view> names_;  // of attributes, in the request being read
  bool is_batch_ = false;
};

}  // namespace derrd::serve

#endif  // DERRD_SERVE_RECOMMEND_REQUEST_H_
