// How good a ranking is: HR@K, NDCG@K, MRR@K and Recall@K.
//
// For one user with R >= 1 relevant (held-out) items, whose ranks are 1 for the best place:
//   HR@K      1 if any relevant item has a rank <= K, else 0
//   NDCG@K    sum of 1 / log2(1 + rank) over the relevant items with a rank <= K, over the same sum
//             for ranks 1 ... min(K, R), which is the best that any ranking could do
//   MRR@K     1 / (best rank of a relevant item) if that rank is <= K, else 0
//   Recall@K  (how many relevant items have a rank <= K) / R
// A metric of a model is the mean over the users that have a held-out item.
#ifndef DERRD_EVAL_METRICS_H_
#define DERRD_EVAL_METRICS_H_

#include <array>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace derrd {

// Named values in a fixed order: HR@5, HR@10, HR@20, NDCG@5, ...
class Metrics {
 public:
  using Entry = std::pair<std::string, double>;

  void Add(std::string name, double value) { entries_.emplace_back(std::move(name), value); }
  double At(std::string_view name) const;  // Error that lists the names when there is no such one
  bool Has(std::string_view name) const;
  std::size_t size() const { return entries_.size(); }
  bool empty() const { return entries_.empty(); }
  auto begin() const { return entries_.begin(); }
  auto end() const { return entries_.end(); }
  bool operator==(const Metrics&) const = default;

 private:
  std::vector<Entry> entries_;
};

nlohmann::ordered_json ToJson(const Metrics& metrics);  // {"HR@5": 0.5, ...}

// Each of the metrics divided by the teacher's metric of the same name. Left out where the
// teacher's is zero or absent.
Metrics ShareOf(const Metrics& metrics, const Metrics& teacher);

inline constexpr std::array<std::size_t, 3> kCutoffs = {5, 10, 20};

// HR, NDCG, MRR and Recall of one user, or their sums over users, at each of kCutoffs.
struct MetricSums {
  enum Kind : std::size_t { kHr, kNdcg, kMrr, kRecall, kKinds };
  std::array<std::array<double, kCutoffs.size()>, kKinds> values{};
  double users = 0;

  // Adds one user; `ranks` are those of its relevant items, at least one, in any order. Sorts them,
  // so that the sum, too, is the same in whatever order they come.
  void AddUser(std::span<std::size_t> ranks);

  // The means over users (all zero when there is none); Recall only on demand: where every user has
  // one relevant item, it is HR.
  Metrics Means(bool with_recall) const;
};

// The sum of the slices along one fixed binary tree: the same bits whoever filled them.
MetricSums TreeSum(std::span<const MetricSums> slices);

}  // namespace derrd

#endif  // DERRD_EVAL_METRICS_H_
