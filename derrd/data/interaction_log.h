// Interactions in memory while a data set is being made: columns in the order of the file.
#ifndef DERRD_DATA_INTERACTION_LOG_H_
#define DERRD_DATA_INTERACTION_LOG_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "derrd/data/dataset.h"

namespace derrd {

// Row i says that users[i] met items[i]. `ratings` and `times` have as many rows, or none when they
// were not read. 8 bytes a row, 4 more with ratings and 8 more with times.
struct InteractionLog {
  std::vector<std::int32_t> users;
  std::vector<std::int32_t> items;
  std::vector<float> ratings;
  std::vector<double> times;

  std::size_t size() const { return users.size(); }
  bool empty() const { return users.empty(); }
  bool has_times() const { return !times.empty(); }

  // Drops every row whose flag is 0; keep.size() == size().
  void Keep(const std::vector<std::uint8_t>& keep);
};

// The rows of each user: rows[offsets[u]] ... rows[offsets[u + 1] - 1], in the order of the log.
struct RowsByUser {
  std::vector<std::size_t> offsets;
  std::vector<std::size_t> rows;

  std::size_t users() const { return offsets.size() - 1; }
  std::span<const std::size_t> Of(std::size_t user) const {
    return std::span(rows).subspan(offsets[user], offsets[user + 1] - offsets[user]);
  }
};
RowsByUser GroupByUser(const InteractionLog& log, std::size_t users);

// The items of each user, ascending and distinct.
OwnedInteractions ToInteractions(const InteractionLog& log, std::size_t users);

}  // namespace derrd

#endif  // DERRD_DATA_INTERACTION_LOG_H_
