// Rankings that somebody else made: of each user some items, best first, with or without scores.
#ifndef DERRD_DATA_SCORED_LISTS_H_
#define DERRD_DATA_SCORED_LISTS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "derrd/data/number_table.h"
#include "derrd/data/record_reader.h"
#include "derrd/data/row_order.h"

namespace derrd {

// In compressed sparse rows, users and items as numbered by the data set.
struct ScoredLists {
  std::vector<std::int64_t> offsets{0};  // users + 1 numbers
  std::vector<std::int32_t> items;       // distinct within a user
  std::vector<float> scores;             // one an item, never rising within a user; or none at all
};

struct ImportedLists {
  ScoredLists lists;
  bool by_rank = false;                  // ordered by a column of ranks
  std::vector<std::string> passed_over;  // columns of a header that are neither
  SomeIds unknown_users, unknown_items;  // of entries that were left out, an id as often as it came
};

// In all of them entries of users and items that the data set does not have are left out. Error
// that names file, user and item when a list has an item twice or a score is not finite; when a
// user of the data set has no list. Scores order lists as exactly as they are written, and are kept
// in single precision; equal ones stay in the order of the file.

// Lines of user, item and perhaps score, separated by tabs, plain or compressed; the first may name
// the columns, of which others are passed over. A user's items are ordered by a score, else by a
// column named rank, and else by the lines; the lines of a user need not stand together. Error when
// a third column without a name looks like ranks, which as scores would turn the lists over.
ImportedLists ReadListsTsv(const std::string& path, const Entities& users, const Entities& items,
                           const ProgressCallback& progress);

// A row for each user: whole numbers, each the number of an item's row in `item_order`; -1 fills up
// a row. `scores`: a table of the same shape, by which a row is ordered; else it is best first.
ImportedLists ReadListsTable(const NumberTable& table, const std::optional<NumberTable>& scores,
                             const RowOrder& user_order, const RowOrder& item_order,
                             const Entities& users, const Entities& items);

}  // namespace derrd

#endif  // DERRD_DATA_SCORED_LISTS_H_
