#include "derrd/eval/score_rows.h"

#include <algorithm>
#include <string>
#include <utility>

#include "derrd/core/buffer_pool.h"
#include "derrd/core/error.h"

namespace derrd {
namespace {

// Users scored at once. A matrix product needs some tens of rows to run at full speed (on 25,182
// items of width 20 a user takes 31 us in blocks of 10 and 14 us in blocks of 64), more of them
// where they are wide (of width 200: 149 us in blocks of 64 and 110 us in blocks of 256), and its
// result should still lie in a cache when it is read right afterwards.
constexpr std::size_t kBlockScores = std::size_t{1} << 21;
constexpr std::size_t kLeastBlockUsers = 16;
constexpr std::size_t kMostBlockUsers = 64;
constexpr std::size_t kMostWideBlockUsers = 256;

std::size_t MostUsersAtOnce(std::size_t items, std::size_t width) {
  const std::size_t fitting =
      std::clamp(kBlockScores / std::max<std::size_t>(items, 1), kLeastBlockUsers, kMostBlockUsers);
  return std::max(fitting, std::min(width, kMostWideBlockUsers));
}

// Few enough users for a block, and the same number in each of a slice's blocks but the last.
std::size_t BlockUsers(std::size_t slice_users, const Model& model) {
  const std::size_t most = MostUsersAtOnce(model.items(), model.representation_width());
  const std::size_t blocks = (slice_users + most - 1) / most;
  return blocks == 0 ? 0 : (slice_users + blocks - 1) / blocks;
}

}  // namespace

std::string Called(const Ids& ids, std::int32_t index) {
  return ids.empty() ? std::to_string(index) : std::string(ids[static_cast<std::size_t>(index)]);
}

void FailNotFinite(std::string_view user, const Names& names, std::int32_t item, float score) {
  Fail<NotFinite>(
      "the model's score of item '{}' for {} is {}, and only finite scores can be ranked; the "
      "model is broken, so train it anew with a lower learning rate or smaller loss weights",
      Called(names.items, item), user, score);
}

void FailNotFinite(const Names& names, std::int32_t user, std::int32_t item, float score) {
  FailNotFinite("user '" + Called(names.users, user) + "'", names, item, score);
}

Range SliceOf(std::size_t n, std::size_t slice) {
  return {n * slice / kUserSlices, n * (slice + 1) / kUserSlices};
}

double ScoreBlockBytes(std::size_t items, std::size_t width) {
  return static_cast<double>(sizeof(float) * MostUsersAtOnce(items, width)) *
         static_cast<double>(items);
}

void ForEachScoreRow(const Model& model, std::span<const std::int32_t> users,
                     const Parallel& parallel,
                     const std::function<void(std::size_t slice, std::int32_t user,
                                              std::span<const float> scores)>& take) {
  const std::size_t items = model.items();
  BufferPool<float> pool;
  parallel.For(kUserSlices, [&](std::size_t slice) {
    const Range range = SliceOf(users.size(), slice);
    const std::size_t block = BlockUsers(range.end - range.begin, model);
    Matrix<float> buffer = pool.Take();
    for (std::size_t begin = range.begin; begin < range.end; begin += block) {
      const std::size_t size = std::min(block, range.end - begin);
      buffer.Reshape(size, items);
      model.ScoreAllItems(users.subspan(begin, size), buffer);
      for (std::size_t u = 0; u < size; ++u) {
        take(slice, users[begin + u], {buffer.row(u), items});
      }
    }
    pool.Give(std::move(buffer));
  });
}

}  // namespace derrd
