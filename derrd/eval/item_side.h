// The item's side of a model's scores: which users an item suits best. Models answer by user, so
// that work here is turned around, block by block and never with all scores in memory.
#ifndef DERRD_EVAL_ITEM_SIDE_H_
#define DERRD_EVAL_ITEM_SIDE_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "derrd/core/matrix.h"
#include "derrd/core/parallel.h"
#include "derrd/data/dataset.h"
#include "derrd/eval/rankings.h"
#include "derrd/eval/score_rows.h"
#include "derrd/models/model.h"

namespace derrd {

// For every item the `length` users with the highest scores among those who do not have it in
// `train` (the rows of the result are items, its elements users); ties go to the lower user. Cut to
// what the item with the most users leaves; Error when that is none, which says `remedy`, or when a
// score is not finite.
// Memory: items x length numbers of 4 bytes; meanwhile 256 bytes a user, and the interactions once
// more by item (4 bytes each and 16 an item). Every score is
// computed once. The same bits at any number of threads.
Rankings RankUnobservedUsers(const Model& model, const Interactions& train, std::size_t length,
                             const Names& names, const Parallel& parallel,
                             std::string_view remedy = "leave that item out");
Rankings RankUnobservedUsers(const Model& model, const Dataset& dataset, std::size_t length,
                             const Parallel& parallel,
                             std::string_view remedy = "leave that item out");

// The same, each list cut to what its item alone has left, which may be nobody: one item that
// nearly everybody has shortens no other's list.
OwnedInteractions RankUsersUpTo(const Model& model, const Interactions& train, std::size_t length,
                                const Names& names, const Parallel& parallel);

// out(i, j): the score of items[i] for users(i, j); both items.size() x any number. A user may
// occur in many rows. At most 2^32 scores. Memory: 8 bytes a score and 16 a user of the model.
void ScoreUserLists(const Model& model, std::span<const std::int32_t> items,
                    MatrixView<const std::int32_t> users, MatrixView<float> out,
                    const Parallel& parallel);

}  // namespace derrd

#endif  // DERRD_EVAL_ITEM_SIDE_H_
