// Who interacted with what, and how much each pair counts: what a solved model fits.
#ifndef DERRD_MODELS_WEIGHTED_LISTS_H_
#define DERRD_MODELS_WEIGHTED_LISTS_H_

#include <span>
#include <vector>

#include "derrd/core/interactions.h"

namespace derrd {

// Lists to fit: how much each pair counts, and the score it should have. A view.
struct WeightedListsView {
  WeightedListsView(const Interactions& all_alike) : lists(all_alike) {}  // NOLINT: as they are
  WeightedListsView(const Interactions& pairs, std::span<const float> pair_weights,
                    std::span<const float> pair_targets)
      : lists(pairs), weights(pair_weights), targets(pair_targets) {}

  Interactions lists;
  std::span<const float> weights, targets;  // one a pair; both empty: 1 everywhere

  std::span<const float> WeightsOf(std::size_t user) const { return Part(weights, user); }
  std::span<const float> TargetsOf(std::size_t user) const { return Part(targets, user); }

 private:
  std::span<const float> Part(std::span<const float> all, std::size_t user) const {
    if (all.empty()) return {};
    return all.subspan(static_cast<std::size_t>(lists.offsets[user]), lists.Of(user).size());
  }
};

// A pair may stand in a list more than once, and counts each time.
struct WeightedLists {
  OwnedInteractions lists;
  std::vector<float> weights, targets;

  WeightedListsView view() const { return {lists.view(), weights, targets}; }
};

// The same by item; the pairs of an item in the order of their users.
WeightedLists ByItem(const WeightedListsView& lists, std::size_t items);

}  // namespace derrd

#endif  // DERRD_MODELS_WEIGHTED_LISTS_H_
