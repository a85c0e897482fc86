#include "derrd/eval/score_rows.h"

#include <algorithm>
#include <string>

#include "derrd/core/error.h"

namespace derrd {
namespace {

// Scores scored at once: with 4 bytes each they fit a second-level cache, from which they are read
// again right away.
constexpr std::size_t kBlockScores = std::size_t{1} << 18;
constexpr std::size_t kMostBlockUsers = 64;

}  // namespace

std::string Called(const Ids& ids, std::int32_t index) {
  return ids.empty() ? std::to_string(index) : std::string(ids[static_cast<std::size_t>(index)]);
}

void FailNotFinite(std::string_view user, const Names& names, std::int32_t item, float score) {
  Fail(
      "the model's score of item '{}' for {} is {}, and only finite scores can be ranked; the "
      "model "
      "is broken, so train it anew with a lower learning rate or smaller loss weights",
      Called(names.items, item), user, score);
}

void FailNotFinite(const Names& names, std::int32_t user, std::int32_t item, float score) {
  FailNotFinite("user '" + Called(names.users, user) + "'", names, item, score);
}

Range SliceOf(std::size_t n, std::size_t slice) {
  return {n * slice / kUserSlices, n * (slice + 1) / kUserSlices};
}

void ForEachScoreRow(const Model& model, std::span<const std::int32_t> users,
                     const Parallel& parallel,
                     const std::function<void(std::size_t slice, std::int32_t user,
                                              std::span<const float> scores)>& take) {
  const std::size_t items = model.items();
  const std::size_t block =
      std::clamp<std::size_t>(kBlockScores / std::max<std::size_t>(items, 1), 1, kMostBlockUsers);
  parallel.For(kUserSlices, [&](std::size_t slice) {
    const Range range = SliceOf(users.size(), slice);
    Matrix<float> buffer(std::min(block, range.end - range.begin), items);
    for (std::size_t begin = range.begin; begin < range.end; begin += block) {
      const std::size_t size = std::min(block, range.end - begin);
      const auto scores = buffer.view().Rows(0, size);
      model.ScoreAllItems(users.subspan(begin, size), scores);
      for (std::size_t u = 0; u < size; ++u) {
        take(slice, users[begin + u], {scores.row(u), items});
      }
    }
  });
}

}  // namespace derrd
