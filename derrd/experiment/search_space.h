// Which values a search tries: a grid, or draws from declared ranges, out of a budget.
#ifndef DERRD_EXPERIMENT_SEARCH_SPACE_H_
#define DERRD_EXPERIMENT_SEARCH_SPACE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "derrd/experiment/flags.h"

namespace derrd {

// What one flag may be: one of some values, or a number of a range. A drawn number has three
// significant digits, so that it can be written down and said again.
struct SearchRange {
  std::string flag;
  std::vector<std::string> values;  // empty: a number of [from, to]
  double from = 0, to = 0;          // from <= to; for log 0 < from
  bool log = false;                 // uniform in the logarithm
  bool whole = false;               // whole numbers alone
};

enum class SearchKind {
  kGrid,     // every combination of the values
  kRandom,   // `budget` combinations drawn at random
  kHalving,  // the same, tried briefly; the better part goes on for longer, until one is left
};

// The values to try, at most `budget` (>= 1) and all different. Without ranges none at all. A
// grid, and draws where there are no more combinations than the budget, hold every combination;
// UsageError when a grid has more, or has a range that is no list. The same draws for the same seed
// and ranges, and the first n of a larger budget are those of the budget n.
std::vector<Flags> Trials(SearchKind kind, std::size_t budget,
                          const std::vector<SearchRange>& ranges, std::uint64_t seed);

// Successive halving (Jamieson and Talwalkar, AISTATS 2016): how many go on and for how many
// epochs.
struct Rung {
  std::size_t trials;
  std::int32_t epochs;  // 0: as many as the run has
};

// The first rung has all `trials` at `epochs` epochs each; the next ones a `factor`-th of them,
// rounded up, with `factor` times the epochs, never beyond `most`. The last one leaves one. Other
// kinds of search have one rung.
std::vector<Rung> Rungs(SearchKind kind, std::size_t trials, std::int32_t epochs,
                        std::int32_t factor, std::int32_t most);

}  // namespace derrd

#endif  // DERRD_EXPERIMENT_SEARCH_SPACE_H_
