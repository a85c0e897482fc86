#include "derrd/eval/list_evaluation.h"

#include <algorithm>
#include <iterator>

#include "derrd/core/error.h"
#include "derrd/eval/metrics.h"

namespace derrd {

ListRanker::ListRanker(const RankedLists& lists, const Interactions& held_out, const Names& names,
                       bool all_take_part)
    : lists_(lists),
      held_out_(held_out),
      names_(names),
      usually_(all_take_part),
      takes_part_(lists.items(), all_take_part),
      taking_part_(all_take_part ? lists.items() : 0) {}

ListRanker ListRanker::Sampled(const RankedLists& lists, const Interactions& held_out,
                               const Interactions& other_held_out, const Interactions& candidates,
                               const Names& names) {
  ListRanker ranker(lists, held_out, names, false);
  ranker.candidates_ = &candidates;
  ranker.left_out_ = &other_held_out;
  return ranker;
}

ListRanker ListRanker::Full(const RankedLists& lists, const Interactions& held_out,
                            const Interactions& train, const Names& names) {
  ListRanker ranker(lists, held_out, names, true);
  ranker.left_out_ = &train;
  return ranker;
}

std::span<std::size_t> ListRanker::Rank(std::int32_t user) {
  const auto u = static_cast<std::size_t>(user);
  const auto held_out = held_out_.OfOrNone(u), left_out = left_out_->OfOrNone(u);
  targets_.assign(held_out.begin(), held_out.end());
  if (candidates_ != nullptr) {
    Mark(candidates_->OfOrNone(u), true);
  } else {  // what is in training cannot be recommended and is not looked for
    targets_.clear();
    std::ranges::set_difference(held_out, left_out, std::back_inserter(targets_));
  }
  Mark(left_out, false);
  Mark(targets_, true);
  ranks_.clear();
  RankListed(u);
  RankUnlisted(user);
  Unmark();
  return ranks_;
}

void ListRanker::Mark(std::span<const std::int32_t> items, bool takes_part) {
  for (const std::int32_t item : items) {
    const auto i = static_cast<std::size_t>(item);
    if (takes_part_[i] == takes_part) continue;
    takes_part_[i] = takes_part;
    taking_part_ = takes_part ? taking_part_ + 1 : taking_part_ - 1;
    marked_.push_back(item);
  }
}

void ListRanker::Unmark() {
  for (const std::int32_t item : marked_) takes_part_[static_cast<std::size_t>(item)] = usually_;
  marked_.clear();
  taking_part_ = usually_ ? takes_part_.size() : 0;
}

// By runs of equal scores: each item of a run has the place of its last.
void ListRanker::RankListed(std::size_t user) {
  const auto list = lists_.Of(user);
  listed_ = 0;
  for (std::size_t begin = 0, end = 0; begin < list.size(); begin = end) {
    std::size_t targets = 0;
    const float score = lists_.ScoreAt(user, begin);
    for (; end < list.size() && lists_.ScoreAt(user, end) == score; ++end) {
      listed_ += takes_part_[static_cast<std::size_t>(list[end])] ? 1 : 0;
      targets += std::ranges::binary_search(targets_, list[end]) ? 1 : 0;
    }
    ranks_.insert(ranks_.end(), targets, listed_);
  }
}

void ListRanker::RankUnlisted(std::int32_t user) {
  const std::size_t unlisted = targets_.size() - ranks_.size();
  if (unlisted == 0) return;
  const bool last = taking_part_ - listed_ == 1;
  if (listed_ < kCutoffs.back() && !last) {
    Fail(
        "the list of user '{}' holds {} of the {} items to rank, and not what was held out, so "
        "that its rank is not known up to {}; give longer lists, or evaluate the student",
        Called(names_.users, user), listed_, taking_part_, kCutoffs.back());
  }
  ranks_.insert(ranks_.end(), unlisted, taking_part_);
}

}  // namespace derrd
