#include "derrd/data/interaction_log.h"

#include <algorithm>
#include <cassert>
#include <numeric>

namespace derrd {
namespace {

template <typename T>
void KeepColumn(std::vector<T>& column, const std::vector<std::uint8_t>& keep) {
  if (column.empty()) return;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < column.size(); ++i) {
    if (keep[i] != 0) column[kept++] = column[i];
  }
  column.resize(kept);
}

}  // namespace

void InteractionLog::Keep(const std::vector<std::uint8_t>& keep) {
  assert(keep.size() == size());
  KeepColumn(users, keep);
  KeepColumn(items, keep);
  KeepColumn(ratings, keep);
  KeepColumn(times, keep);
}

RowsByUser GroupByUser(const InteractionLog& log, std::size_t users) {
  RowsByUser grouped{std::vector<std::size_t>(users + 1, 0), std::vector<std::size_t>(log.size())};
  for (const std::int32_t user : log.users) ++grouped.offsets[static_cast<std::size_t>(user) + 1];
  std::partial_sum(grouped.offsets.begin(), grouped.offsets.end(), grouped.offsets.begin());
  std::vector<std::size_t> next(grouped.offsets.begin(), grouped.offsets.end() - 1);
  for (std::size_t i = 0; i < log.size(); ++i) {
    grouped.rows[next[static_cast<std::size_t>(log.users[i])]++] = i;
  }
  return grouped;
}

OwnedInteractions ToInteractions(const InteractionLog& log, std::size_t users) {
  const RowsByUser grouped = GroupByUser(log, users);
  OwnedInteractions result;
  result.items.reserve(log.size());
  std::vector<std::int32_t> items;
  for (std::size_t u = 0; u < users; ++u) {
    items.clear();
    for (const std::size_t row : grouped.Of(u)) items.push_back(log.items[row]);
    std::sort(items.begin(), items.end());
    result.items.insert(result.items.end(), items.begin(), std::unique(items.begin(), items.end()));
    result.offsets.push_back(static_cast<std::int64_t>(result.items.size()));
  }
  return result;
}

}  // namespace derrd
