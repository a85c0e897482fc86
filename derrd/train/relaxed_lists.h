// What RRD and IR-RRD compare, and how: some interesting candidates of an entity in the teacher's
// order, and some uninteresting ones.
#ifndef DERRD_TRAIN_RELAXED_LISTS_H_
#define DERRD_TRAIN_RELAXED_LISTS_H_

#include <cstdint>
#include <string_view>

#include "derrd/core/ids.h"
#include "derrd/core/matrix.h"
#include "derrd/core/parallel.h"
#include "derrd/core/random.h"
#include "derrd/data/dataset.h"
#include "derrd/eval/rankings.h"
#include "derrd/train/list_step.h"

namespace derrd {

// The defaults are RRD's.
struct RelaxedListOptions {
  double weight = 1e-3;            // lambda >= 0
  std::size_t interesting = 40;    // K >= 1
  std::size_t uninteresting = 40;  // L >= 0
  std::size_t top = 500;           // interesting candidates come from the teacher's top this many
  double temperature = 10.0;       // T > 0, in positions
  bool sample_interesting = true;  // false: take the top K as they are
};

// What things are called in messages.
struct RelaxedListNames {
  std::string_view flags;               // "rrd" of --rrd-interesting
  std::string_view entity, candidates;  // "user", "items"
  const Ids& ids;                       // of the entities
};

class RelaxedLists {
 public:
  // observed: each entity's candidates in training, which must outlive this; candidates: how many
  // there are in all; rankings: the teacher's order of each entity's unobserved candidates, of
  // length options.top.
  // UsageError when an entity has too few of them for K or L.
  RelaxedLists(const Interactions& observed, std::size_t candidates, Rankings rankings,
               const RelaxedListOptions& options, const RelaxedListNames& names);

  // Draws every entity's list anew: K of the ranking without replacement with probability
  // proportional to exp(-position / T), kept in order, and L uniformly from the unobserved ones
  // that are not in it. O(entities (K + L + 20 T + length of the ranking + observed)).
  void Sample(std::uint64_t seed, std::uint64_t step, Role interesting, Role uninteresting,
              const Parallel& parallel);

  // The weighted RrdLoss over the lists of `entities`, which are users or items; see ListStep.
  double Step(Side side, std::span<const std::int32_t> entities, TrainableModel& student,
              const Parallel& parallel);

  // K + L candidates, the interesting ones first.
  std::span<const std::int32_t> Of(std::int32_t entity) const {
    return {lists_.row(static_cast<std::size_t>(entity)), lists_.cols()};
  }

 private:
  void CheckEnoughLeft(const RelaxedListNames& names) const;

  Interactions observed_;
  std::size_t candidates_;
  Rankings rankings_;
  RelaxedListOptions options_;
  Matrix<std::int32_t> sorted_top_;  // the rankings' candidates, ascending
  Matrix<std::int32_t> lists_;       // entities x (K + L)
  ListStep step_;
};

}  // namespace derrd

#endif  // DERRD_TRAIN_RELAXED_LISTS_H_
