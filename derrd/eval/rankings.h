// The model's own order of what a user has not seen: a teacher's rankings, to distil from.
#ifndef DERRD_EVAL_RANKINGS_H_
#define DERRD_EVAL_RANKINGS_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "derrd/core/matrix.h"
#include "derrd/core/parallel.h"
#include "derrd/data/dataset.h"
#include "derrd/eval/score_rows.h"
#include "derrd/models/model.h"

namespace derrd {

// For every user the same number of items, best first. Immutable; threads may share it.
class Rankings {
 public:
  explicit Rankings(Matrix<std::int32_t> items) : items_(std::move(items)) {}

  std::size_t users() const { return items_.rows(); }
  std::size_t length() const { return items_.cols(); }
  std::span<const std::int32_t> Of(std::size_t user) const {
    return {items_.row(user), items_.cols()};
  }
  MatrixView<const std::int32_t> matrix() const { return items_; }

 private:
  Matrix<std::int32_t> items_;
};

// The `length` best of each user's unobserved items (those not in its training set); ties go to the
// lower item (ties of scores: ForEachScoreRow may give equal rows scores that differ in the last
// bit). Cut to what the user with the fewest unobserved items has; Error when that is none,
// and NotFinite for a score that is NaN or infinite (minus infinity is passed over while enough
// others are there). A model that has lists and no scores ranks by them; UsageError that names the
// user and the remedy when a list is too short. `asked_by` is then what the length is called:
// "--rrd-top". Memory: users x length numbers of 4 bytes, and that of ForEachScoreRow. The same
// bits at any number of threads.
Rankings RankUnobserved(const Model& model, const Interactions& train, std::size_t length,
                        const Names& names, const Parallel& parallel,
                        std::string_view asked_by = "length");
Rankings RankUnobserved(const Model& model, const Dataset& dataset, std::size_t length,
                        const Parallel& parallel, std::string_view asked_by = "length");

// The same, each list cut to what its user alone has left, which may be nothing: one user who has
// nearly everything shortens nobody's list.
OwnedInteractions RankUpTo(const Model& model, const Interactions& train, std::size_t length,
                           const Names& names, const Parallel& parallel,
                           std::string_view asked_by = "length");

// "user 'u7' has 592 of the 600 items in training": who has the fewest left to rank.
std::string BusiestUser(const Dataset& dataset);

// As RankUnobserved, of all items, whether the user has them in training or not.
Rankings RankAllItems(const Model& model, const Names& names, std::size_t length,
                      const Parallel& parallel, std::string_view asked_by = "length");

// The (at most) `length` best of each user's training items, best first and not ascending; ties go
// to the lower item. NotFinite as above.
OwnedInteractions RankObserved(const Model& model, const Interactions& train, std::size_t length,
                               const Names& names, const Parallel& parallel);

}  // namespace derrd

#endif  // DERRD_EVAL_RANKINGS_H_
