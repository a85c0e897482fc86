// The model's own order of users for every item: a teacher's item-side rankings, to distil from.
#ifndef DERRD_EVAL_USER_RANKINGS_H_
#define DERRD_EVAL_USER_RANKINGS_H_

#include <cstddef>

#include "derrd/core/parallel.h"
#include "derrd/data/dataset.h"
#include "derrd/eval/rankings.h"
#include "derrd/eval/score_rows.h"
#include "derrd/models/model.h"

namespace derrd {

// For every item the `length` users with the highest scores among those who do not have it in
// `train` (the rows of the result are items, its elements users); ties go to the lower user. Cut to
// what the item with the most users leaves; Error when that is none, or when a score is not finite.
// Memory: items x length numbers of 4 bytes, and meanwhile 256 bytes a user. Every score is
// computed once. The same bits at any number of threads.
Rankings RankUnobservedUsers(const Model& model, const Interactions& train, std::size_t length,
                             const Names& names, const Parallel& parallel);
Rankings RankUnobservedUsers(const Model& model, const Dataset& dataset, std::size_t length,
                             const Parallel& parallel);

}  // namespace derrd

#endif  // DERRD_EVAL_USER_RANKINGS_H_
