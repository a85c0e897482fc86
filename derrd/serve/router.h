// From a whole request to a whole answer.
#ifndef DERRD_SERVE_ROUTER_H_
#define DERRD_SERVE_ROUTER_H_

#include "derrd/serve/http_message.h"
#include "derrd/serve/metrics.h"
#include "derrd/serve/recommend_answer.h"
#include "derrd/serve/service.h"
#include "derrd/serve/target.h"

namespace derrd::serve {

// Answers one request after the other. Not thread-safe; make one a thread.
class Router {
 public:
  explicit Router(const Service& service) : service_(service), state_(service.state) {}

  // Fills in the reply, an error where that is the answer; never throws but std::bad_alloc. Returns
  // what the request was for.
  Route Answer(const HttpRequest& request, HttpReply& reply);

  // Lets go of a state that is no longer the one of the moment.
  void Refresh() { state_.Get(); }

 private:
  void Dispatch(Route route, const HttpRequest& request, const Target& target, HttpReply& reply);
  void Users(std::string_view query, HttpReply& reply);
  void Items(std::string_view query, HttpReply& reply);
  void History(std::string_view query, HttpReply& reply);
  void Attributes(std::string_view query, HttpReply& reply);
  void Ready(HttpReply& reply) const;
  void WriteMetrics(HttpReply& reply);

  const Service& service_;
  CurrentState::Reader state_;
  RecommendAnswerer recommend_;
};

}  // namespace derrd::serve

#endif  // DERRD_SERVE_ROUTER_H_
