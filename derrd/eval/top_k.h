// The best K of a row of scores.
#ifndef DERRD_EVAL_TOP_K_H_
#define DERRD_EVAL_TOP_K_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "derrd/core/parallel.h"
#include "derrd/data/dataset.h"
#include "derrd/eval/best_k.h"
#include "derrd/eval/score_rows.h"
#include "derrd/models/model.h"

namespace derrd {

// Selects from one row after the other and keeps its memory. Not thread-safe; make one a thread.
class TopK {
 public:
  explicit TopK(std::size_t k) : k_(k) {}

  // What to do about a score that is not finite; it must throw.
  using Complaint = std::function<void(std::int32_t item, float score)>;

  // The k items with the highest scores, best first, of equal scores the lower item first; fewer
  // when fewer are left. `excluded`: ascending, distinct items to leave out; their scores may be
  // anything. The result is valid until the next call. One pass over the scores at the speed of
  // memory, O(items + k log k) expected.
  std::span<const ScoredItem> Select(std::span<const float> scores,
                                     std::span<const std::int32_t> excluded,
                                     const Complaint& not_finite);

 private:
  float LikelyFloor(std::span<const float> scores);
  void SelectAbove(float floor, std::span<const float> scores,
                   std::span<const std::int32_t> excluded);
  void Scan(std::span<const float> scores, std::size_t begin, std::size_t end);

  std::size_t k_;
  bool broken_ = false;  // a score was met that is not finite
  BestK best_;
  std::vector<float> sample_;
};

// Calls take(user, items) for each of the users, on any thread and in any order, with the user's
// top k among the items that it does not have in `excluded` (which may be empty, without offsets:
// nothing is left out). `items` is only valid during the call. A model that has lists and no scores
// answers with what its lists hold, which may be fewer than k.
void ForEachTopK(
    const Model& model, std::span<const std::int32_t> users, const Interactions& excluded,
    std::size_t k, const Names& names, const Parallel& parallel,
    const std::function<void(std::int32_t user, std::span<const ScoredItem> items)>& take);
// The same for every user.
void ForEachTopK(
    const Model& model, const Interactions& excluded, std::size_t k, const Names& names,
    const Parallel& parallel,
    const std::function<void(std::int32_t user, std::span<const ScoredItem> items)>& take);

}  // namespace derrd

#endif  // DERRD_EVAL_TOP_K_H_
