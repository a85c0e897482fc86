// What all threads of a server share.
#ifndef DERRD_SERVE_SERVICE_H_
#define DERRD_SERVE_SERVICE_H_

#include <atomic>
#include <memory>
#include <string>
#include <utility>

#include "derrd/serve/metrics.h"
#include "derrd/serve/recommend_request.h"
#include "derrd/serve/state.h"

namespace derrd::serve {

struct Service {
  Service(std::shared_ptr<const State> first, std::size_t threads)
      : state(std::move(first)), metrics(threads) {}

  RequestLimits limits;
  std::string token;  // empty: everybody may ask
  CurrentState state;
  Metrics metrics;
  std::atomic<bool> draining = false;  // no more connections are taken
};

}  // namespace derrd::serve

#endif  // DERRD_SERVE_SERVICE_H_
