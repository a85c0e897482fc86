// ALS, derrd's own method (docs/methods/als.md): a student that is solved by least squares on a
// teacher's rankings.
#ifndef DERRD_TRAIN_ALS_H_
#define DERRD_TRAIN_ALS_H_

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "derrd/core/parallel.h"
#include "derrd/data/dataset.h"
#include "derrd/models/ials.h"
#include "derrd/models/model.h"
#include "derrd/train/ranked_pairs.h"

namespace derrd {

// Tried on validation where no L2 is given, the default first.
inline constexpr std::array kAlsL2s = {0.011, 0.05, 0.2};

struct AlsOptions {
  std::size_t items = 1500;  // n, the teacher's best items of each user, >= 1
  std::size_t users = 500;   // m, its best users of each item; 0: none
  double share = 0.1;        // in (0, 1]: of all, that such a list has at most; see ListsOf
  RankedPairOptions item_pairs{0.35, 0.83}, user_pairs{0.09, 0.57};
  std::int32_t sweeps = 16;         // at most, >= 1
  double unobserved_weight = 7e-4;  // as IalsOptions
  std::optional<double> l2 = {};    // > 0; else chosen
  double l2_exponent = 0.5;
};

// How long lists are.
struct AlsLists {
  std::size_t items, users;  // of each user, of each item
};

// n and m, cut to a share of all, but never below five times what a row has in training on average:
// where that is much and the lists are short, the student learns its own items by heart and little
// of the teacher.
AlsLists ListsOf(const AlsOptions& options, std::size_t users, std::size_t items,
                 std::size_t interactions);

// What the student is solved from: training, and the teacher's rankings as pairs. Whoever has fewer
// candidates left than a list is long has a shorter list.
WeightedLists AlsPairs(const Model& teacher, const Dataset& dataset, const AlsOptions& options,
                       const Parallel& parallel);

struct AlsProblem {
  std::unique_ptr<Ials> ials;  // for Solve (train/sweeps.h), with the kind of BprMf
  double l2;                   // that it has
};

// Asks the teacher for its rankings and chooses the L2 where none is given: the first of kAlsL2s,
// unless after three sweeps another is better on validation by more than chance; data with many
// interactions a row ask for more. The teacher needs rankings, and with options.users scores, by
// which it ranks each item's users (Model::has_scores). on_trial(done, all): sweeps of that choice.
// Cost: the teacher's scores of
// every pair, once or with options.users twice, and 3 sweeps for each L2. Memory: 28 bytes a pair.
AlsProblem PrepareAls(const Model& teacher, const Dataset& dataset, std::size_t width,
                      const AlsOptions& options, std::uint64_t seed, const Parallel& parallel,
                      const std::function<void(std::size_t, std::size_t)>& on_trial = {});

}  // namespace derrd

#endif  // DERRD_TRAIN_ALS_H_
