// Which interactions are left out before they are split.
#ifndef DERRD_DATA_FILTERS_H_
#define DERRD_DATA_FILTERS_H_

#include <cstddef>
#include <optional>

#include "derrd/data/interaction_log.h"

namespace derrd {

struct FilterOptions {
  std::optional<double> min_rating;  // interactions rated lower are dropped
  std::size_t min_user = 0;          // users with fewer interactions are dropped,
  std::size_t min_item = 0;          // and items with fewer, until neither is left
};

// Interactions dropped, by reason.
struct FilterCounts {
  std::size_t duplicates = 0;
  std::size_t below_min_rating = 0;
  std::size_t rare = 0;            // of users and items below the counts
  std::size_t met_candidates = 0;  // given candidates that the user met in a split
};

// Applies, in this order: duplicates (of a user and an item the row with the latest time stays, or
// the first one of the file), ratings, counts. Keeps the order of the log. O(n log n) for the
// duplicates, O(n) a round for the counts.
FilterCounts Filter(const FilterOptions& options, std::size_t users, std::size_t items,
                    InteractionLog& log);

// The single steps; each says how many rows it dropped.
std::size_t DropDuplicates(std::size_t users, InteractionLog& log);
std::size_t DropBelowRating(double min_rating, InteractionLog& log);
std::size_t DropRare(std::size_t min_user, std::size_t min_item, std::size_t users,
                     std::size_t items, InteractionLog& log);

}  // namespace derrd

#endif  // DERRD_DATA_FILTERS_H_
