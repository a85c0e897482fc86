#include "derrd/data/filters.h"

#include <algorithm>
#include <vector>

namespace derrd {
namespace {

// Keeps the flagged rows and says how many went.
std::size_t KeepRows(const std::vector<std::uint8_t>& keep, InteractionLog& log) {
  const std::size_t before = log.size();
  log.Keep(keep);
  return before - log.size();
}

std::vector<std::size_t> Counts(const std::vector<std::int32_t>& column, std::size_t size) {
  std::vector<std::size_t> counts(size, 0);
  for (const std::int32_t entry : column) ++counts[static_cast<std::size_t>(entry)];
  return counts;
}

}  // namespace

std::size_t DropDuplicates(std::size_t users, InteractionLog& log) {
  const RowsByUser grouped = GroupByUser(log, users);
  std::vector<std::uint8_t> keep(log.size(), 0);
  std::vector<std::size_t> rows;
  // By item; the row that stays comes first.
  const auto before = [&](std::size_t a, std::size_t b) {
    if (log.items[a] != log.items[b]) return log.items[a] < log.items[b];
    if (log.has_times() && log.times[a] != log.times[b]) return log.times[a] > log.times[b];
    return a < b;
  };
  for (std::size_t u = 0; u < users; ++u) {
    const auto of_user = grouped.Of(u);
    rows.assign(of_user.begin(), of_user.end());
    std::sort(rows.begin(), rows.end(), before);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      keep[rows[i]] = i == 0 || log.items[rows[i]] != log.items[rows[i - 1]];
    }
  }
  return KeepRows(keep, log);
}

std::size_t DropBelowRating(double min_rating, InteractionLog& log) {
  std::vector<std::uint8_t> keep(log.size());
  std::ranges::transform(log.ratings, keep.begin(),
                         [&](float rating) { return rating >= static_cast<float>(min_rating); });
  return KeepRows(keep, log);
}

std::size_t DropRare(std::size_t min_user, std::size_t min_item, std::size_t users,
                     std::size_t items, InteractionLog& log) {
  std::size_t dropped = 0;
  std::size_t dropped_in_round = 0;
  do {
    const auto of_user = Counts(log.users, users);
    const auto of_item = Counts(log.items, items);
    std::vector<std::uint8_t> keep(log.size());
    for (std::size_t i = 0; i < log.size(); ++i) {
      keep[i] = of_user[static_cast<std::size_t>(log.users[i])] >= min_user &&
                of_item[static_cast<std::size_t>(log.items[i])] >= min_item;
    }
    dropped_in_round = KeepRows(keep, log);
    dropped += dropped_in_round;
  } while (dropped_in_round > 0);
  return dropped;
}

FilterCounts Filter(const FilterOptions& options, std::size_t users, std::size_t items,
                    InteractionLog& log) {
  FilterCounts counts;
  counts.duplicates = DropDuplicates(users, log);
  if (options.min_rating) counts.below_min_rating = DropBelowRating(*options.min_rating, log);
  if (options.min_user > 1 || options.min_item > 1) {
    counts.rare = DropRare(options.min_user, options.min_item, users, items, log);
  }
  return counts;
}

}  // namespace derrd
