#include "derrd/serve/state.h"

#include <nlohmann/json.hpp>
#include <optional>

#include "derrd/core/fingerprint.h"
#include "derrd/core/version.h"
#include "derrd/data/utf8.h"
#include "derrd/eval/same_ids.h"
#include "derrd/serve/private_copy.h"

namespace derrd::serve {
namespace {

using Json = nlohmann::ordered_json;

// A model with the fingerprint of the very bytes it was opened from.
struct Opened {
  std::shared_ptr<const Recommender> model;
  std::string fingerprint;
};

// Where an error speaks of the copy, the user knows the file.
std::string WithoutCopy(std::string text, const std::string& copy, const std::string& path) {
  for (std::size_t at = 0; (at = text.find(copy, at)) != std::string::npos; at += path.size()) {
    text.replace(at, copy.size(), path);
  }
  return text;
}

// A file and its copy; neither for an empty path.
struct Source {
  explicit Source(const std::string& given) : path(given) {
    if (!path.empty()) copy.emplace(path);
  }

  std::string path;
  std::optional<PrivateCopy> copy;
};

Opened OpenModel(const std::string& path, const Source& dataset, Precision precision) {
  const Source model(path);
  const auto histories =
      dataset.copy ? std::optional(dataset.copy->path()) : std::optional<std::string>();
  try {
    return {Recommender::Open(model.copy->path(), histories, precision),
            Fingerprint(model.copy->path())};
  } catch (const Error& error) {
    std::string message = WithoutCopy(error.what(), model.copy->path(), path);
    if (histories) message = WithoutCopy(std::move(message), *histories, dataset.path);
    throw Error(message);
  }
}

void CheckTexts(const Ids& texts, const std::string& what, const std::string& path) {
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (!IsUtf8(texts[i])) {
      Fail("{}: {} {} is not UTF-8, which JSON must be; import the data again", path, what, i);
    }
  }
}

void CheckTexts(const Recommender& model, const std::string& path) {
  CheckTexts(model.user_ids(), "the id of user", path);
  CheckTexts(model.item_ids(), "the id of item", path);
  CheckTexts(model.item_names(), "the name of item", path);
}

// The index of ids is made when the first is looked for, which no request should have to wait for.
void MakeIndex(const Ids& ids) { ids.Find({}); }

// Asks once, which also makes what the first question of this kind would have to wait for.
bool AnswersNew(const Recommender& model) {
  const std::int32_t liked[] = {0};
  try {
    model.Recommend({.liked = liked, .k = 1});
    return true;
  } catch (const Error&) {
    return false;
  }
}

Json Facts(const Opened& opened) {
  const Recommender& model = *opened.model;
  return {{"fingerprint", opened.fingerprint},
          {"kind", model.kind()},
          {"users", model.user_ids().size()},
          {"items", model.item_ids().size()},
          {"item_names", !model.item_names().empty()},
          {"parameters", model.parameters()},
          {"representation_width", model.width()},
          {"bytes", model.bytes()},
          {"precision", Name(model.precision())},
          {"config", model.config()},
          {"metrics", model.metrics()}};
}

}  // namespace

std::shared_ptr<const State> LoadState(const ModelPaths& paths) {
  const Source dataset(paths.dataset);
  auto state = std::make_shared<State>();
  const Opened student = OpenModel(paths.student, dataset, paths.precision);
  CheckTexts(*student.model, paths.student);
  MakeIndex(student.model->user_ids());
  MakeIndex(student.model->item_ids());
  const Ids& labels = student.model->attributes().labels;
  CheckTexts(labels, "the attribute", paths.dataset);
  MakeIndex(labels);
  Json facts = Facts(student);
  if (!paths.teacher.empty()) {
    const Opened teacher = OpenModel(paths.teacher, dataset, paths.precision);
    CheckSameIds("user", teacher.model->user_ids(), paths.teacher, student.model->user_ids(),
                 paths.student);
    CheckSameIds("item", teacher.model->item_ids(), paths.teacher, student.model->item_ids(),
                 paths.student);
    facts["teacher"] = Facts(teacher);
    state->teacher = teacher.model;
    state->teacher_answers_new = AnswersNew(*teacher.model);
  }
  facts["histories"] = student.model->has_histories();
  facts["attributes"] = !labels.empty();
  facts["derrd"] = Version();
  state->student = student.model;
  state->student_answers_new = AnswersNew(*student.model);
  facts["new_users"] = state->student_answers_new;
  state->fingerprint = student.fingerprint;
  state->facts = facts.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  return state;
}

void CurrentState::Publish(std::shared_ptr<const State> state) {
  const std::lock_guard lock(mutex_);
  state_.swap(state);
  version_.fetch_add(1, std::memory_order_release);
}

const State& CurrentState::Reader::Get() {
  if (current_.version_.load(std::memory_order_acquire) != version_) {
    const std::lock_guard lock(current_.mutex_);
    version_ = current_.version_.load(std::memory_order_relaxed);
    state_ = current_.state_;
  }
  return *state_;
}

}  // namespace derrd::serve
