#include "derrd/serve/router.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

#include "derrd/core/nearest.h"
#include "derrd/data/item_attributes.h"
#include "derrd/serve/ascii.h"
#include "derrd/serve/bearer_token.h"
#include "derrd/serve/http_error.h"
#include "derrd/serve/id_search.h"
#include "derrd/serve/json_text.h"
#include "derrd/serve/page_assets.h"

namespace derrd::serve {
namespace {

struct Entry {
  std::string_view path;
  Route route;
  Method method;  // HEAD is served where GET is
  bool is_open;   // also without the token: tells nothing of models, users and items
};
constexpr std::array kEntries = {
    Entry{"/v1/recommend", Route::kRecommend, Method::kPost, false},
    Entry{"/v1/model", Route::kModel, Method::kGet, false},
    Entry{"/v1/users", Route::kUsers, Method::kGet, false},
    Entry{"/v1/items", Route::kItems, Method::kGet, false},
    Entry{"/v1/history", Route::kHistory, Method::kGet, false},
    Entry{"/v1/attributes", Route::kAttributes, Method::kGet, false},
    Entry{"/healthz", Route::kHealth, Method::kGet, true},
    Entry{"/readyz", Route::kReady, Method::kGet, true},
    Entry{"/metrics", Route::kMetrics, Method::kGet, false},
    Entry{"/openapi.json", Route::kOpenApi, Method::kGet, true},
    Entry{"/", Route::kPage, Method::kGet, true},
    Entry{"/page.css", Route::kPage, Method::kGet, true},
    Entry{"/page.js", Route::kPage, Method::kGet, true},
};

// The page loads nothing from elsewhere, and nobody may frame it.
constexpr std::string_view kPageHeaders =
    "Cache-Control: no-cache\r\n"
    "Content-Security-Policy: default-src 'none'; style-src 'self'; script-src 'self'; "
    "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "Referrer-Policy: no-referrer\r\n";

const Entry* EntryOf(std::string_view path) {
  const auto found = std::ranges::find(kEntries, path, &Entry::path);
  return found == kEntries.end() ? nullptr : &*found;
}

bool Fits(Method given, Method wanted) {
  return given == wanted || (given == Method::kHead && wanted == Method::kGet);
}

bool IsJson(std::string_view content_type) {
  std::string_view type = content_type.substr(0, content_type.find(';'));
  while (!type.empty() && (type.back() == ' ' || type.back() == '\t')) type.remove_suffix(1);
  return std::ranges::equal(type, std::string_view("application/json"), {}, LowerAscii);
}

// The parameter "limit" of lists; there are never more than a hundred entries.
std::size_t LimitOf(std::string_view query) {
  constexpr std::size_t kMost = 100;
  const auto text = Parameter(query, "limit");
  if (!text) return 20;
  std::size_t limit = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), limit);
  if (error != std::errc() || end != text->data() + text->size() || limit == 0 || limit > kMost) {
    Refuse(400, "invalid_query", "limit is no whole number from 1 to {}", kMost);
  }
  return limit;
}

// [{"item": ..., "name": ...}, ...]
void AppendItemList(const Recommender& model, std::span<const std::int32_t> items,
                    std::string& out) {
  out += '[';
  for (const std::int32_t& item : items) {
    out += &item == items.data() ? "{" : ",{";
    AppendItem(model, item, out);
    out += '}';
  }
  out += ']';
}

void AnswerPage(std::string_view path, HttpReply& reply) {
  reply.headers = kPageHeaders;
  if (path == "/page.css") {
    reply.content_type = "text/css; charset=utf-8";
    reply.body = kPageStyle;
  } else if (path == "/page.js") {
    reply.content_type = "text/javascript; charset=utf-8";
    reply.body = kPageScript;
  } else {
    reply.content_type = "text/html; charset=utf-8";
    reply.body = kPageHtml;
  }
}

}  // namespace

Route Router::Answer(const HttpRequest& request, HttpReply& reply) {
  reply.Clear();
  const Target target = SplitTarget(request.target);
  const Entry* const entry = EntryOf(target.path);
  if (entry == nullptr) {
    SetError(reply, 404, "not_found",
             fmt::format("there is nothing at this path; /openapi.json lists all{}",
                         DidYouMean(target.path, kEntries.size(),
                                    [](std::size_t i) { return kEntries[i].path; })));
    return Route::kUnknown;
  }
  const bool is_post = entry->method == Method::kPost;
  try {
    if (!Fits(request.method, entry->method)) {
      SetError(reply, 405, "method_not_allowed",
               fmt::format("{} takes {}", entry->path, is_post ? "POST" : "GET and HEAD"));
      reply.headers = is_post ? "Allow: POST\r\n" : "Allow: GET, HEAD\r\n";
    } else if (!service_.token.empty() && !entry->is_open &&
               !IsAuthorized(request.authorization, service_.token)) {
      Refuse(401, "unauthorized", "send the header Authorization: Bearer and the server's token");
    } else if (is_post && !IsJson(request.content_type)) {
      Refuse(415, "unsupported_media_type", "send the body with Content-Type: application/json");
    } else {
      Dispatch(entry->route, request, target, reply);
    }
  } catch (const HttpError& error) {
    SetError(reply, error.status(), error.code(), error.message());
  } catch (const Error& error) {  // a score that is not finite
    SetError(reply, 500, "model_failure", error.what());
  }
  return entry->route;
}

void Router::Dispatch(Route route, const HttpRequest& request, const Target& target,
                      HttpReply& reply) {
  switch (route) {
    case Route::kRecommend:
      return recommend_.Answer(state_.Get(), request.body, service_.limits, reply.body);
    case Route::kModel:
      reply.body = state_.Get().facts;
      return;
    case Route::kUsers:
      return Users(target.query, reply);
    case Route::kItems:
      return Items(target.query, reply);
    case Route::kHistory:
      return History(target.query, reply);
    case Route::kAttributes:
      return Attributes(target.query, reply);
    case Route::kHealth:
      reply.body = "{\"status\":\"ok\"}\n";
      return;
    case Route::kReady:
      return Ready(reply);
    case Route::kMetrics:
      return WriteMetrics(reply);
    case Route::kOpenApi:
      reply.body = kDescription;
      return;
    default:
      return AnswerPage(target.path, reply);
  }
}

void Router::Users(std::string_view query, HttpReply& reply) {
  const Ids& ids = state_.Get().student->user_ids();
  const std::string text = Parameter(query, "q").value_or("");
  reply.body += "{\"users\":[";
  std::string_view separator;
  for (const std::int32_t user : FindIds(ids, Ids(), text, LimitOf(query))) {
    reply.body += separator;
    AppendJsonString(reply.body, ids[static_cast<std::size_t>(user)]);
    separator = ",";
  }
  reply.body += "]}\n";
}

void Router::Items(std::string_view query, HttpReply& reply) {
  const Recommender& model = *state_.Get().student;
  const std::string text = Parameter(query, "q").value_or("");
  reply.body += "{\"items\":";
  AppendItemList(model, FindIds(model.item_ids(), model.item_names(), text, LimitOf(query)),
                 reply.body);
  reply.body += "}\n";
}

void Router::History(std::string_view query, HttpReply& reply) {
  const Recommender& model = *state_.Get().student;
  const auto id = Parameter(query, "user");
  if (!id) Refuse(400, "invalid_query", "whose history? Give ?user=ID");
  const auto user = model.user_ids().Find(*id);
  if (!user) Refuse(404, "unknown_user", "the model knows no user '{}'", *id);
  const auto items = model.History(*user);
  Append(reply.body, "{{\"total\":{},\"user\":", items.size());
  AppendJsonString(reply.body, *id);
  reply.body += ",\"items\":";
  AppendItemList(model, items.first(std::min(items.size(), LimitOf(query))), reply.body);
  reply.body += "}\n";
}

// {"attributes": [{"name": "category", "values": 7}, ...],
//  "values": [{"name": "category", "value": "fiction", "items": 12}, ...]}
void Router::Attributes(std::string_view query, HttpReply& reply) {
  const ItemAttributes& known = state_.Get().student->attributes();
  const std::string text = Parameter(query, "q").value_or("");
  const std::size_t limit = LimitOf(query);
  reply.body += "{\"attributes\":[";
  std::string_view separator;
  for (const Attribute& attribute : AttributesOf(known.labels)) {
    Append(reply.body, "{}{{\"name\":", separator);
    AppendJsonString(reply.body, attribute.name);
    Append(reply.body, ",\"values\":{}}}", attribute.values());
    separator = ",";
  }
  reply.body += "],\"values\":[";
  separator = {};
  for (const std::int32_t number : FindIds(known.labels, Ids(), text, limit)) {
    const auto label = static_cast<std::size_t>(number);
    Append(reply.body, "{}{{\"name\":", separator);
    AppendJsonString(reply.body, LabelName(known.labels[label]));
    reply.body += ",\"value\":";
    AppendJsonString(reply.body, LabelValue(known.labels[label]));
    Append(reply.body, ",\"items\":{}}}", known.items.Of(label).size());
    separator = ",";
  }
  reply.body += "]}\n";
}

void Router::Ready(HttpReply& reply) const {
  if (service_.draining) Refuse(503, "draining", "the server is going down; ask another one");
  reply.body = "{\"status\":\"ready\"}\n";
}

void Router::WriteMetrics(HttpReply& reply) {
  reply.content_type = "text/plain; version=0.0.4; charset=utf-8";
  service_.metrics.AppendTo(reply.body);
  const State& state = state_.Get();
  const Recommender& model = *state.student;
  Append(reply.body,
         "# HELP derrd_model_info The model that answers.\n# TYPE derrd_model_info gauge\n"
         "derrd_model_info{{fingerprint=\"{}\",kind=\"{}\"}} 1\n",
         state.fingerprint, model.kind());
  AppendMetric(reply.body, "derrd_model_users", "gauge", "Users of the model.", model.users());
  AppendMetric(reply.body, "derrd_model_items", "gauge", "Items of the model.", model.items());
  AppendMetric(reply.body, "derrd_model_bytes", "gauge", "Bytes of the model's file.",
               model.bytes());
}

}  // namespace derrd::serve
