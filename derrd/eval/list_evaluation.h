// How well rankings without scores rank what was held out: the protocols of evaluator.h, read from
// lists.
#ifndef DERRD_EVAL_LIST_EVALUATION_H_
#define DERRD_EVAL_LIST_EVALUATION_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "derrd/data/dataset.h"
#include "derrd/eval/score_rows.h"
#include "derrd/models/ranked_lists.h"

namespace derrd {

// Ranks the held-out items of one user after the other. Not thread-safe; make one a thread.
class ListRanker {
 public:
  // Sampled: a held-out item stands among its user's candidates, without what `other_held_out`
  // holds out. All of it outlives this object.
  static ListRanker Sampled(const RankedLists& lists, const Interactions& held_out,
                            const Interactions& other_held_out, const Interactions& candidates,
                            const Names& names);
  // Full: among all items that are not in `train`.
  static ListRanker Full(const RankedLists& lists, const Interactions& held_out,
                         const Interactions& train, const Names& names);

  // The ranks of a user's held-out items, from 1; equal scores count against them. An item that the
  // list does not hold stands behind all others: its rank itself is not known, but that it is
  // beyond every cutoff of the metrics is, where the list holds enough others. Error that names the
  // user where it does not.
  std::span<std::size_t> Rank(std::int32_t user);

 private:
  ListRanker(const RankedLists& lists, const Interactions& held_out, const Names& names,
             bool all_take_part);

  void Mark(std::span<const std::int32_t> items, bool takes_part);
  void Unmark();
  void RankListed(std::size_t user);
  void RankUnlisted(std::int32_t user);

  const RankedLists& lists_;
  const Interactions& held_out_;
  const Interactions* left_out_ = nullptr;
  const Interactions* candidates_ = nullptr;  // none: every item is one
  const Names& names_;
  bool usually_;                       // whether an item takes part unless it is marked otherwise
  std::vector<bool> takes_part_;       // of each item
  std::size_t taking_part_;            // how many items do
  std::vector<std::int32_t> marked_;   // items for which it is not as usual
  std::vector<std::int32_t> targets_;  // of the user
  std::size_t listed_ = 0;             // items of the user's list that take part
  std::vector<std::size_t> ranks_;
};

}  // namespace derrd

#endif  // DERRD_EVAL_LIST_EVALUATION_H_
