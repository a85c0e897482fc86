// The best K of what comes along, item by item.
#ifndef DERRD_EVAL_BEST_K_H_
#define DERRD_EVAL_BEST_K_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace derrd {

struct ScoredItem {
  std::int32_t item;
  float score;
  bool operator==(const ScoredItem&) const = default;
};

// Keeps its memory from one row of items to the next. Not thread-safe.
class BestK {
 public:
  // For the best k of at most `items`. `floor`: the threshold to begin with; where fewer than k are
  // kept in the end, it was too high.
  void Begin(std::size_t k, std::size_t items,
             float floor = -std::numeric_limits<float>::infinity());

  // The k-th best score that is known, the floor while there are fewer: no item with a lower score
  // can still be among the best, and one with this score only where its number is lower than one of
  // theirs. It may lag behind what was offered.
  float threshold() const { return threshold_; }

  // Whoever offers items in ascending order may leave out those that only equal threshold().
  // score: finite, and not below threshold(). O(1), amortized, or O(k) for a k of some tens at
  // most.
  void Offer(float score, std::size_t item);

  std::size_t kept() const { return keys_.size(); }  // k or more when as many were offered

  // The best k, best first, of equal scores the lower item first; valid until the next Begin.
  std::span<const ScoredItem> Take();

 private:
  void InsertInOrder(std::uint64_t key);
  void Shrink();

  std::size_t k_ = 0;
  std::size_t room_ = 0;
  float threshold_ = 0;
  std::vector<std::uint64_t> keys_;  // of the items that may be among the best; a higher is better
  std::vector<ScoredItem> best_;
};

}  // namespace derrd

#endif  // DERRD_EVAL_BEST_K_H_
