// The sampled negatives that a held-out item is ranked among.
#ifndef DERRD_DATA_NEGATIVES_H_
#define DERRD_DATA_NEGATIVES_H_

#include <cstddef>
#include <cstdint>

#include "derrd/core/ids.h"
#include "derrd/core/parallel.h"
#include "derrd/data/splits.h"

namespace derrd {

// For every user, `count` distinct items drawn uniformly, without replacement, from the items that
// are in none of the user's splits; ascending. A draw is a function of the seed and the user's
// number. Error that names the user when fewer than `count` such items exist. O(count log n) a
// user.
OwnedInteractions SampleNegatives(const Splits& splits, const Ids& user_ids, std::size_t items,
                                  std::size_t count, std::uint64_t seed, const Parallel& parallel);

}  // namespace derrd

#endif  // DERRD_DATA_NEGATIVES_H_
