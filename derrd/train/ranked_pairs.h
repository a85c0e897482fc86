// A teacher's rankings as pairs for least squares: what a solved student (models/ials.h) learns
// from.
#ifndef DERRD_TRAIN_RANKED_PAIRS_H_
#define DERRD_TRAIN_RANKED_PAIRS_H_

#include "derrd/core/interactions.h"
#include "derrd/models/weighted_lists.h"

namespace derrd {

// How the pairs of a ranking count: that at position r of n, from 0, has the weight w s and the
// target y s, with s = 1 - r / n.
struct RankedPairOptions {
  double weight = 0.0;  // w >= 0
  double target = 0.0;  // y
};

// For every user the training items, with weight and target 1; then its list in `items`, best
// first; then every item that has it in its list of `users` (best first; none at all when empty),
// by item. A pair that is in both rankings stands there twice, and both count. Memory: 12 bytes a
// pair.
WeightedLists PairsOfRankings(const Interactions& train, const Interactions& items,
                              const RankedPairOptions& item_options, const Interactions& users,
                              const RankedPairOptions& user_options);

}  // namespace derrd

#endif  // DERRD_TRAIN_RANKED_PAIRS_H_
