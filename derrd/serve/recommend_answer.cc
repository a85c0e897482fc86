#include "derrd/serve/recommend_answer.h"

#include <algorithm>
#include <chrono>

#include "derrd/serve/http_message.h"
#include "derrd/serve/json_text.h"
#include "derrd/serve/unknown_text.h"

namespace derrd::serve {
namespace {

std::int32_t NumberOf(const Ids& ids, std::string_view id, std::string_view code,
                      std::string_view what) {
  const auto number = ids.Find(id);
  if (number) return *number;
  Refuse(404, code, "the model knows no {} {}", what,
         QuotedWithNearest(id, ids.size(), [&](std::size_t i) { return ids[i]; }));
}

void AppendItemNumbers(const Ids& ids, std::span<const std::string_view> given,
                       std::vector<std::int32_t>& out) {
  for (const std::string_view id : given) {
    out.push_back(NumberOf(ids, id, "unknown_item", "item"));
  }
}

bool IsRestricted(const RecommendRequest& request) {
  return request.has_allow || !request.where.empty();
}

bool SameRestriction(const RecommendRequest& a, const RecommendRequest& b) {
  return a.has_allow == b.has_allow && a.allow == b.allow && a.where == b.where;
}

// What the request may be answered from, if it says so.
ItemSet AllowedBy(const Recommender& model, const RecommendRequest& request) {
  std::optional<ItemSet> fitting;
  try {
    if (!request.where.empty()) fitting = model.ItemsWhere(request.where);
  } catch (const UnknownAttribute& error) {
    Refuse(404, "unknown_attribute", "where: {}", error.what());
  }
  if (!request.has_allow) return *std::move(fitting);
  std::vector<std::int32_t> items;
  AppendItemNumbers(model.item_ids(), request.allow, items);
  const ItemSet allowed(model.items(), items);
  return fitting ? Intersection(allowed, *fitting) : allowed;
}

void AppendItems(const Recommender& model, std::span<const ScoredItem> items, std::string& out) {
  out += "\"items\":[";
  for (const ScoredItem& item : items) {
    out += &item == items.data() ? "{" : ",{";
    AppendItem(model, item.item, out);
    Append(out, ",\"score\":{}}}", item.score);
  }
  out += ']';
}

void CheckAnswerable(const State& state, std::span<const RecommendRequest> requests) {
  for (const RecommendRequest& request : requests) {
    if (!request.where.empty() && state.student->attributes().empty()) {
      Refuse(400, "no_attributes",
             "where: this server knows no attributes of items; start it with the --dataset of an "
             "import with --item-attributes");
    }
    if (request.items.empty()) continue;
    const bool can = state.student_answers_new && (!request.compare || state.teacher_answers_new);
    if (can) continue;
    Refuse(400, "no_new_users", "items: the {} cannot answer somebody new; name a user instead",
           state.student_answers_new ? "teacher" : "model");
  }
}

std::size_t Shared(std::span<const ScoredItem> a, std::span<const ScoredItem> b) {
  return static_cast<std::size_t>(std::ranges::count_if(a, [&](const ScoredItem& item) {
    return std::ranges::find(b, item.item, &ScoredItem::item) != b.end();
  }));
}

}  // namespace

void AppendItem(const Recommender& model, std::int32_t item, std::string& out) {
  const auto index = static_cast<std::size_t>(item);
  out += "\"item\":";
  AppendJsonString(out, model.item_ids()[index]);
  if (model.item_names().empty()) return;
  out += ",\"name\":";
  AppendJsonString(out, model.item_names()[index]);
}

void RecommendAnswerer::Answer(const State& state, std::string_view body,
                               const RequestLimits& limits, std::string& out) {
  requests_ = parser_.Parse(body, limits);
  const bool compare = std::ranges::any_of(requests_, &RecommendRequest::compare);
  if (compare && !state.teacher) {
    Refuse(400, "no_teacher", "compare: this server has no teacher; start it with --compare MODEL");
  }
  CheckAnswerable(state, requests_);
  Resolve(state, parser_.is_batch());
  const Said student = Ask(*state.student, false);
  const Said teacher = compare ? Ask(*state.teacher, true) : Said();
  Append(out, R"({{"model":"{}","microseconds":{:.1f},)", state.fingerprint, student.microseconds);
  if (parser_.is_batch()) out += "\"results\":[";
  std::size_t at = 0, teacher_at = 0;
  for (std::size_t i = 0; i < requests_.size(); ++i) {
    if (parser_.is_batch()) out += i == 0 ? "{" : "},{";
    AppendOne(state, i, student, at, teacher, teacher_at, out);
    resolved_[i].allowed.reset();  // too large to be kept for the next body
    if (resolved_[i].error) continue;
    ++at;
    if (requests_[i].compare) ++teacher_at;
  }
  out += parser_.is_batch() ? "}]}\n" : "}\n";
}

void RecommendAnswerer::Resolve(const State& state, bool is_batch) {
  const Ids& users = state.student->user_ids();
  const Ids& items = state.student->item_ids();
  if (resolved_.size() < requests_.size()) resolved_.resize(requests_.size());
  for (std::size_t i = 0; i < requests_.size(); ++i) {
    const RecommendRequest& request = requests_[i];
    Resolved& resolved = resolved_[i];
    resolved.user.reset();
    resolved.liked.clear();
    resolved.exclude.clear();
    resolved.allowed.reset();
    resolved.error.reset();
    try {
      if (request.user) resolved.user = NumberOf(users, *request.user, "unknown_user", "user");
      AppendItemNumbers(items, request.items, resolved.liked);
      AppendItemNumbers(items, request.exclude, resolved.exclude);
      if (!IsRestricted(request)) continue;
      const bool as_before = i > 0 && SameRestriction(request, requests_[i - 1]);
      resolved.allowed = as_before ? resolved_[i - 1].allowed : nullptr;  // null after an error
      if (resolved.allowed) continue;
      resolved.allowed = std::make_shared<const ItemSet>(AllowedBy(*state.student, request));
    } catch (const HttpError& error) {
      if (!is_batch) throw;
      resolved.error = error;
    }
  }
}

RecommendAnswerer::Said RecommendAnswerer::Ask(const Recommender& model, bool only_compared) {
  queries_.clear();
  for (std::size_t i = 0; i < requests_.size(); ++i) {
    const Resolved& resolved = resolved_[i];
    if (resolved.error || (only_compared && !requests_[i].compare)) continue;
    queries_.push_back({.user = resolved.user,
                        .liked = resolved.liked,
                        .k = requests_[i].k,
                        .exclude = resolved.exclude,
                        .include_seen = requests_[i].include_seen,
                        .allowed = resolved.allowed.get()});
  }
  Said said;
  const auto begin = std::chrono::steady_clock::now();
  said.answers = model.RecommendAll(queries_);
  const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - begin;
  said.microseconds = took.count();
  return said;
}

void RecommendAnswerer::AppendOne(const State& state, std::size_t index, const Said& student,
                                  std::size_t at, const Said& teacher, std::size_t teacher_at,
                                  std::string& out) const {
  const RecommendRequest& request = requests_[index];
  if (const auto& error = resolved_[index].error) {
    AppendError(out, error->code(), error->message());
    return;
  }
  if (request.user) {
    out += "\"user\":";
    AppendJsonString(out, *request.user);
    out += ',';
  }
  const auto& answer = student.answers[at];
  AppendItems(*state.student, answer, out);
  if (!request.compare) return;
  const auto& other = teacher.answers[teacher_at];
  Append(out, R"(,"teacher":{{"microseconds":{:.1f},"shared":{},)", teacher.microseconds,
         Shared(answer, other));
  AppendItems(*state.teacher, other, out);
  out += '}';
}

}  // namespace derrd::serve
