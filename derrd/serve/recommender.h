// A model that answers: the one door for whoever serves recommendations.
#ifndef DERRD_SERVE_RECOMMENDER_H_
#define DERRD_SERVE_RECOMMENDER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "derrd/core/ids.h"
#include "derrd/core/parallel.h"
#include "derrd/data/dataset.h"
#include "derrd/eval/best_k.h"  // ScoredItem
#include "derrd/models/model.h"
#include "derrd/serve/attribute_filter.h"
#include "derrd/serve/item_set.h"
#include "derrd/serve/precision.h"

namespace derrd {

// One question. Exactly one of `user` and `liked` says who asks. The spans and the set must live
// during the call.
struct Query {
  std::optional<std::int32_t> user = {};       // somebody the model knows
  std::span<const std::int32_t> liked = {};    // or what somebody new likes: at least one, as below
  std::size_t k = 10;                          // at least 1; more than there are is no error
  std::span<const std::int32_t> exclude = {};  // in any order, repeats allowed
  bool include_seen = false;         // whether the user's history (or `liked`) may be answered
  const ItemSet* allowed = nullptr;  // only these; null: every item
};

// A model file, opened to be asked, with the histories of its users where a data set was given.
// Immutable; any number of threads may ask at once. Opening reads the whole file once (a table that
// is not finite, or a file that is cut short, is an Error there); the tables of a factor model stay
// in the mapped file, so replace a model by renaming a new file over it and never by writing into
// it.
class Recommender {
 public:
  // dataset: where the users' histories come from (their training items) and what is known of
  // items, as a model file holds neither; without it History() is empty and nothing counts as seen.
  // Error when a file is not whole, the two disagree about users or items, or the model cannot
  // score.
  static std::shared_ptr<const Recommender> Open(const std::string& model_path,
                                                 const std::optional<std::string>& dataset_path,
                                                 Precision precision = Precision::kFloat32);
  // A model that is in memory; `histories` (empty: none) must outlive the recommender, and `path`
  // is what messages call the model.
  static std::shared_ptr<const Recommender> Of(ModelFile file, std::string path,
                                               const Interactions& histories, Precision precision);
  ~Recommender();

  // The k best items, best first, of equal scores the lower item first; fewer when fewer are left.
  // UsageError when the query is none (who asks is missing or given twice, a number out of range, a
  // set for another number of items); Error when a score is not finite.
  std::vector<ScoredItem> Recommend(const Query& query) const;
  // The same for each query, in their order, and much cheaper together. `parallel` spreads them
  // over its threads, without it the calling thread does all; the bits are the same, and where a
  // table is searched also those of each query alone.
  std::vector<std::vector<ScoredItem>> RecommendAll(std::span<const Query> queries,
                                                    const Parallel* parallel = nullptr) const;

  std::size_t users() const;
  std::size_t items() const;
  const Ids& user_ids() const;
  const Ids& item_ids() const;
  const Ids& item_names() const;  // empty when the model knows none
  bool has_histories() const;     // whether a data set was given
  // The items of a user's history, ascending; empty without a data set. user: in range.
  std::span<const std::int32_t> History(std::int32_t user) const;

  // What the data set knows of items; empty when it knows nothing, or there is none.
  const ItemAttributes& attributes() const;
  // What a query may be answered from (its `allowed`) where only items with these values of
  // attributes are wanted; see attribute_filter.h for errors and cost. wanted: at least one.
  ItemSet ItemsWhere(std::span<const WantedValue> wanted) const;

  // Facts for people and monitors.
  const std::string& path() const;
  std::string_view kind() const;  // "bpr-mf"
  std::size_t width() const;      // of a representation
  std::size_t parameters() const;
  std::size_t bytes() const;                      // of the model file; 0 of a model in memory
  std::size_t table_bytes() const;                // what one query reads at worst
  bool searches_a_table() const;                  // or lets the model itself score every item
  Precision precision() const;                    // of that table; float32 where there is none
  const nlohmann::ordered_json& config() const;   // how it was trained
  const nlohmann::ordered_json& metrics() const;  // validation metrics of the kept epoch

  Recommender(const Recommender&) = delete;
  Recommender& operator=(const Recommender&) = delete;

 private:
  class Answering;
  struct State;
  explicit Recommender(std::unique_ptr<const State> state);
  std::unique_ptr<const State> state_;
};

}  // namespace derrd

#endif  // DERRD_SERVE_RECOMMENDER_H_
