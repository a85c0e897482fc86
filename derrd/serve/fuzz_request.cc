// A libFuzzer target: bytes as a connection brings them, through everything that looks at them
// before a model is asked. Built by clang with -DDERRD_FUZZ=ON; run it as
//   build/fuzz/fuzz_request -max_total_time=600 -max_len=20000 CORPUS
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "derrd/serve/bearer_token.h"
#include "derrd/serve/http_error.h"
#include "derrd/serve/http_parser.h"
#include "derrd/serve/json_text.h"
#include "derrd/serve/recommend_request.h"
#include "derrd/serve/target.h"

namespace derrd::serve {
namespace {

void Expect(bool holds) {
  if (!holds) std::abort();
}

void LookAtBody(std::string_view body) {
  static RecommendParser parser;
  const RequestLimits limits;
  try {
    const auto requests = parser.Parse(body, limits);
    Expect(!requests.empty() && requests.size() <= limits.batch);
    for (const RecommendRequest& request : requests) {
      Expect(request.user.has_value() == request.items.empty());
      Expect(request.k >= 1 && request.k <= limits.k);
      std::string out;
      for (const auto* const ids : {&request.items, &request.exclude, &request.allow}) {
        for (const std::string_view id : *ids) AppendJsonString(out, id);
      }
      for (const WantedValue& wanted : request.where) {
        AppendJsonString(out, wanted.name);
        AppendJsonString(out, wanted.value);
      }
    }
  } catch (const HttpError& error) {
    Expect(error.status() == 400);
  }
}

void LookAtRequest(const HttpRequest& request) {
  const Target target = SplitTarget(request.target);
  try {
    Parameter(target.query, "q");
  } catch (const HttpError& error) {
    Expect(error.status() == 400);
  }
  IsAuthorized(request.authorization, "correct-horse");
  LookAtBody(request.body);
}

// The first byte says in which pieces the others come.
void LookAtConnection(std::string_view bytes) {
  HttpParser parser(16u << 10, 1u << 20);
  const std::size_t piece = bytes.empty() ? 1 : 1 + static_cast<unsigned char>(bytes.front()) * 8u;
  if (!bytes.empty()) bytes.remove_prefix(1);
  std::size_t begin = 0, end = 0;
  try {
    while (end < bytes.size()) {
      end = std::min(bytes.size(), end + piece);
      while (begin < end) {
        const std::size_t taken = parser.Parse(bytes.substr(begin, end - begin));
        Expect(taken <= end - begin);
        begin += taken;
        if (parser.done()) {
          LookAtRequest(parser.request());
          parser.Next();
        } else if (taken == 0) {
          break;
        }
      }
    }
  } catch (const HttpError& error) {
    Expect(error.status() >= 400 && error.status() <= 505);
  }
}

}  // namespace
}  // namespace derrd::serve

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  derrd::serve::LookAtConnection(bytes);
  derrd::serve::LookAtBody(bytes);
  return 0;
}
