// One pass over the scores of every item for many users, without ever holding them all.
#ifndef DERRD_EVAL_SCORE_ROWS_H_
#define DERRD_EVAL_SCORE_ROWS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "derrd/core/ids.h"
#include "derrd/core/parallel.h"
#include "derrd/data/dataset.h"
#include "derrd/models/model.h"

namespace derrd {

// What users and items are called in messages. An empty list of ids stands for plain indices.
struct Names {
  const Ids& users;
  const Ids& items;
};
inline Names NamesOf(const Dataset& dataset) { return {dataset.user_ids(), dataset.item_ids()}; }

// The id, or the index in decimal when there are no ids.
std::string Called(const Ids& ids, std::int32_t index);

// A score that is not finite must never rank: the Error that names the user, the item and the
// remedy.
[[noreturn]] void FailNotFinite(const Names& names, std::int32_t user, std::int32_t item,
                                float score);
// The same for somebody the model does not know.
[[noreturn]] void FailNotFinite(std::string_view user, const Names& names, std::int32_t item,
                                float score);

// Work over users is cut into this many slices, whatever the number of threads. A power of two, so
// that what the slices sum up can be added along one binary tree.
inline constexpr std::size_t kUserSlices = 64;

// The users of a slice: [n s / kUserSlices, n (s + 1) / kUserSlices).
struct Range {
  std::size_t begin, end;
};
Range SliceOf(std::size_t n, std::size_t slice);

// What a thread holds of scores in a pass over every item of a model whose representations are so
// wide: 8 MiB, or those of 16 users, or of as many as the width is (256 at most), if that is more.
double ScoreBlockBytes(std::size_t items, std::size_t width);

// Calls take(slice, user, scores) once for each user with the scores of every item, in order within
// a slice, the slices in parallel. `scores` is only valid during the call. Memory: ScoreBlockBytes
// a thread.
void ForEachScoreRow(const Model& model, std::span<const std::int32_t> users,
                     const Parallel& parallel,
                     const std::function<void(std::size_t slice, std::int32_t user,
                                              std::span<const float> scores)>& take);

}  // namespace derrd

#endif  // DERRD_EVAL_SCORE_ROWS_H_
