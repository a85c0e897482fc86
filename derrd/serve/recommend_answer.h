// Answers of POST /v1/recommend.
#ifndef DERRD_SERVE_RECOMMEND_ANSWER_H_
#define DERRD_SERVE_RECOMMEND_ANSWER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "derrd/serve/http_error.h"
#include "derrd/serve/recommend_request.h"
#include "derrd/serve/state.h"

namespace derrd::serve {

// Appends "item": "i1", and "name": "..." where the model knows names, without braces.
void AppendItem(const Recommender& model, std::int32_t item, std::string& out);

// Answers one body after the other and keeps its memory. Not thread-safe; make one a thread.
class RecommendAnswerer {
 public:
  // Appends the answer to a body of POST /v1/recommend:
  //   {"model": fingerprint, "microseconds": 9.7, "user": "u1",
  //    "items": [{"item": "i1", "name": "...", "score": 1.5}, ...],
  //    "teacher": {"microseconds": ..., "items": [...], "shared": 7}}
  // with a teacher where the request has "compare"; for a batch
  //   {"model": ..., "microseconds": ..., "results": [{"user": ..., "items": ...}, ...]}
  // in which a request that names an unknown user, item or attribute has {"error": ...} as its
  // result. HttpError: 400 for what is no request, 404 for what is unknown outside a batch.
  void Answer(const State& state, std::string_view body, const RequestLimits& limits,
              std::string& out);

 private:
  // A request with the numbers of its ids.
  struct Resolved {
    std::optional<std::int32_t> user;
    std::vector<std::int32_t> liked, exclude;
    std::shared_ptr<const ItemSet> allowed;  // null: every item; requests that ask alike share it
    std::optional<HttpError> error;
  };
  // What a model says to all requests together, in their order; those with an error are left out.
  struct Said {
    std::vector<std::vector<ScoredItem>> answers;
    double microseconds = 0;
  };

  void Resolve(const State& state, bool is_batch);
  Said Ask(const Recommender& model, bool only_compared);
  void AppendOne(const State& state, std::size_t index, const Said& student, std::size_t at,
                 const Said& teacher, std::size_t teacher_at, std::string& out) const;

  RecommendParser parser_;
  std::span<const RecommendRequest> requests_;
  std::vector<Resolved> resolved_;
  std::vector<Query> queries_;
};

}  // namespace derrd::serve

#endif  // DERRD_SERVE_RECOMMEND_ANSWER_H_
