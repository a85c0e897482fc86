#include "derrd/serve/recommender.h"

#include <algorithm>
#include <filesystem>
#include <mutex>

#include "derrd/core/error.h"
#include "derrd/data/dataset.h"
#include "derrd/eval/same_ids.h"
#include "derrd/eval/score_rows.h"
#include "derrd/eval/top_k.h"
#include "derrd/models/fold_in.h"
#include "derrd/models/ranked_lists.h"
#include "derrd/serve/index.h"

namespace derrd {
namespace {

// Queries of a batch that go through the table together. More share each pass of memory, fewer
// leave something for the other threads.
constexpr std::size_t kMostTogether = 96;
constexpr std::size_t kLeastTogether = 6;
// Users that a network scores at once, unless that is more than kMostScores.
constexpr std::size_t kMostUsersScored = 64;
constexpr std::size_t kMostScores = std::size_t{1} << 21;

std::vector<std::int32_t> Sorted(std::span<const std::int32_t> items) {
  std::vector<std::int32_t> sorted(items.begin(), items.end());
  std::ranges::sort(sorted);
  const auto repeated = std::ranges::unique(sorted);
  sorted.erase(repeated.begin(), repeated.end());
  return sorted;
}

void CheckRange(std::span<const std::int32_t> items, std::size_t count, std::string_view what) {
  for (const std::int32_t item : items) {
    if (item >= 0 && static_cast<std::size_t>(item) < count) continue;
    Fail<UsageError>("{} {} is none of the model's {}", what, item, count);
  }
}

}  // namespace

struct Recommender::State {
  State(ModelFile model_file, std::string model_path, Precision asked)
      : path(std::move(model_path)), file(std::move(model_file)), precision(asked) {
    if (!model().has_scores() && model().lists() == nullptr) {
      Fail("{}: a {} model has no scores to rank items by; train or distil one that has", path,
           model().kind());
    }
    if (const auto factors = model().factors()) {
      index.emplace(factors->item, precision);
    } else {
      precision = Precision::kFloat32;
    }
  }

  const Model& model() const { return *file.model; }
  Names names() const { return {file.user_ids, file.item_ids}; }

  // Waits for the first who asks: of wide rows it takes its time, and not everybody needs it.
  const FoldIn& fold_in() const {
    std::call_once(fold_in_made_, [&] { fold_in_.emplace(model().factors()->item); });
    return *fold_in_;
  }

  std::string path;
  ModelFile file;
  std::size_t bytes = 0;
  Precision precision;
  std::optional<Dataset> dataset;  // holds histories and attributes, if anything here does
  Interactions histories;
  ItemAttributes attributes;
  std::optional<ItemIndex> index;  // of a factor model

 private:
  mutable std::once_flag fold_in_made_;
  mutable std::optional<FoldIn> fold_in_;
};

// Answers some queries on one thread.
class Recommender::Answering {
 public:
  Answering(const State& state, std::span<const Query> queries) : state_(state) {
    ready_.reserve(queries.size());
    for (const Query& query : queries) Check(query);
  }

  void AnswerTo(std::span<std::vector<ScoredItem>> out) const {
    const FlushDenormals flush;  // as Parallel's tasks do: the same bits on any thread
    if (state_.index) return AskIndex(out);
    if (state_.model().lists() != nullptr) return ReadLists(out);
    const std::size_t fitting = kMostScores / std::max<std::size_t>(state_.model().items(), 1);
    const std::size_t block = std::clamp<std::size_t>(fitting, 1, kMostUsersScored);
    for (std::size_t begin = 0; begin < ready_.size(); begin += block) {
      const std::size_t size = std::min(block, ready_.size() - begin);
      AskModel(std::span(ready_).subspan(begin, size), out.subspan(begin, size));
    }
  }

 private:
  // A query that was checked, with its lists in order.
  struct ReadyQuery {
    const Query* query;
    std::vector<std::int32_t> liked, excluded;
    ItemFilter filter;  // of the lists above and of what the query views

    bool is_new() const { return !query->user; }
  };

  void Check(const Query& query) {
    if (query.user.has_value() != query.liked.empty()) {
      Fail<UsageError>("recommend to whom? Name one user, or items that somebody new likes");
    }
    if (query.k == 0) {
      Fail<UsageError>("k is 0, so there is nothing to recommend; ask for 1 or more");
    }
    const std::size_t items = state_.model().items();
    if (query.user) CheckRange({&*query.user, 1}, state_.model().users(), "user");
    CheckRange(query.liked, items, "item");
    CheckRange(query.exclude, items, "item");
    if (query.allowed != nullptr && query.allowed->item_count() != items) {
      Fail<UsageError>("the allowed items are of a model of {} items, and this one has {}",
                       query.allowed->item_count(), items);
    }
    ReadyQuery& ready = ready_.emplace_back(
        ReadyQuery{&query, Sorted(query.liked), Sorted(query.exclude), ItemFilter{}});
    ready.filter.excluded = ready.excluded;
    ready.filter.allowed = query.allowed;
    if (query.include_seen) return;
    ready.filter.seen = ready.is_new()
                            ? std::span<const std::int32_t>(ready.liked)
                            : state_.histories.OfOrNone(static_cast<std::size_t>(*query.user));
  }

  [[noreturn]] void Complain(const ReadyQuery& ready, std::int32_t item, float score) const {
    if (ready.is_new()) FailNotFinite("the new user", state_.names(), item, score);
    FailNotFinite(state_.names(), *ready.query->user, item, score);
  }

  void AskIndex(std::span<std::vector<ScoredItem>> out) const {
    const auto user_rows = state_.model().factors()->user;
    std::vector<std::vector<float>> folded(ready_.size());
    std::vector<IndexQuery> asked;
    for (std::size_t q = 0; q < ready_.size(); ++q) {
      const ReadyQuery& ready = ready_[q];
      if (ready.is_new()) folded[q] = state_.fold_in().UserWho(ready.liked);
      asked.push_back({ready.is_new()
                           ? std::span<const float>(folded[q])
                           : std::span(user_rows.row(static_cast<std::size_t>(*ready.query->user)),
                                       user_rows.cols()),
                       ready.query->k, ready.filter});
    }
    state_.index->FindAll(asked, out, [&](std::size_t q, std::int32_t item, float score) {
      Complain(ready_[q], item, score);
    });
  }

  void ReadLists(std::span<std::vector<ScoredItem>> out) const {
    const RankedLists& lists = *state_.model().lists();
    for (std::size_t q = 0; q < ready_.size(); ++q) {
      const ReadyQuery& ready = ready_[q];
      if (ready.is_new()) lists.ScoreAllItemsForLiked(ready.liked, {});  // says that it cannot
      const auto user = static_cast<std::size_t>(*ready.query->user);
      const auto list = lists.Of(user);
      for (std::size_t p = 0; p < list.size() && out[q].size() < ready.query->k; ++p) {
        if (ready.filter.Passes(list[p])) out[q].push_back({list[p], lists.ScoreAt(user, p)});
      }
    }
  }

  void AskModel(std::span<const ReadyQuery> asked, std::span<std::vector<ScoredItem>> out) const {
    const Model& model = state_.model();
    std::vector<std::int32_t> users;
    for (const ReadyQuery& ready : asked) {
      if (!ready.is_new()) users.push_back(*ready.query->user);
    }
    Matrix<float> known(users.size(), model.items());
    if (!users.empty()) model.ScoreAllItems(users, known);
    std::vector<float> anew(users.size() == asked.size() ? 0 : model.items());
    std::size_t next = 0;
    for (std::size_t q = 0; q < asked.size(); ++q) {
      const ReadyQuery& ready = asked[q];
      if (ready.is_new()) model.ScoreAllItemsForLiked(ready.liked, anew);
      const std::span<const float> scores =
          ready.is_new() ? std::span<const float>(anew)
                         : std::span<const float>(known.row(next++), model.items());
      TopK top(ready.query->k);
      const auto best =
          top.Select(scores, LeftOut(ready.filter, model.items()),
                     [&](std::int32_t item, float score) { Complain(ready, item, score); });
      out[q].assign(best.begin(), best.end());
    }
  }

  const State& state_;
  std::vector<ReadyQuery> ready_;  // reserved, as they view themselves
};

Recommender::Recommender(std::unique_ptr<const State> state) : state_(std::move(state)) {}
Recommender::~Recommender() = default;

std::shared_ptr<const Recommender> Recommender::Open(const std::string& model_path,
                                                     const std::optional<std::string>& dataset_path,
                                                     Precision precision) {
  auto state = std::make_unique<State>(ModelFile::OpenToAsk(model_path), model_path, precision);
  state->bytes = static_cast<std::size_t>(std::filesystem::file_size(model_path));
  if (dataset_path) {
    state->dataset = Dataset::Open(*dataset_path);
    CheckSameIds(state->file, model_path, *state->dataset);
    state->histories = state->dataset->train();
    state->attributes = state->dataset->attributes();
  }
  return std::shared_ptr<const Recommender>(new Recommender(std::move(state)));
}

std::shared_ptr<const Recommender> Recommender::Of(ModelFile file, std::string path,
                                                   const Interactions& histories,
                                                   Precision precision) {
  auto state = std::make_unique<State>(std::move(file), std::move(path), precision);
  state->histories = histories;
  return std::shared_ptr<const Recommender>(new Recommender(std::move(state)));
}

std::vector<ScoredItem> Recommender::Recommend(const Query& query) const {
  std::vector<ScoredItem> answer;
  Answering(*state_, {&query, 1}).AnswerTo({&answer, 1});
  return answer;
}

std::vector<std::vector<ScoredItem>> Recommender::RecommendAll(std::span<const Query> queries,
                                                               const Parallel* parallel) const {
  std::vector<std::vector<ScoredItem>> answers(queries.size());
  const auto answer = [&](std::size_t begin, std::size_t end) {
    Answering(*state_, queries.subspan(begin, end - begin))
        .AnswerTo(std::span(answers).subspan(begin, end - begin));
  };
  const auto threads = static_cast<std::size_t>(parallel == nullptr ? 1 : parallel->threads());
  // An index answers the same bits whoever is asked together. A network's last bits may depend on
  // it, so there the threads have no say.
  const std::size_t grain = state_->index ? std::clamp((queries.size() + threads - 1) / threads,
                                                       kLeastTogether, kMostTogether)
                                          : kMostUsersScored;
  if (parallel != nullptr) {
    parallel->ForRanges(queries.size(), grain, answer);
    return answers;
  }
  for (std::size_t begin = 0; begin < queries.size(); begin += grain) {
    answer(begin, std::min(begin + grain, queries.size()));
  }
  return answers;
}

std::size_t Recommender::users() const { return state_->model().users(); }
std::size_t Recommender::items() const { return state_->model().items(); }
const Ids& Recommender::user_ids() const { return state_->file.user_ids; }
const Ids& Recommender::item_ids() const { return state_->file.item_ids; }
const Ids& Recommender::item_names() const { return state_->file.item_names; }
bool Recommender::has_histories() const { return state_->histories.users() > 0; }
std::span<const std::int32_t> Recommender::History(std::int32_t user) const {
  return state_->histories.OfOrNone(static_cast<std::size_t>(user));
}
const ItemAttributes& Recommender::attributes() const { return state_->attributes; }
ItemSet Recommender::ItemsWhere(std::span<const WantedValue> wanted) const {
  return derrd::ItemsWhere(state_->attributes, items(), wanted);
}

const std::string& Recommender::path() const { return state_->path; }
std::string_view Recommender::kind() const { return state_->model().kind(); }
std::size_t Recommender::width() const { return state_->model().representation_width(); }
std::size_t Recommender::parameters() const { return state_->model().parameters(); }
std::size_t Recommender::bytes() const { return state_->bytes; }
std::size_t Recommender::table_bytes() const {
  return state_->index ? state_->index->table_bytes() : bytes();
}
bool Recommender::searches_a_table() const { return state_->index.has_value(); }
Precision Recommender::precision() const { return state_->precision; }
const nlohmann::ordered_json& Recommender::config() const { return state_->file.config; }
const nlohmann::ordered_json& Recommender::metrics() const { return state_->file.metrics; }

}  // namespace derrd
