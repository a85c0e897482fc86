// Whose rows those of a file from elsewhere are: matched by id to the users or items of a data set.
#ifndef DERRD_DATA_ROW_ORDER_H_
#define DERRD_DATA_ROW_ORDER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "derrd/core/ids.h"

namespace derrd {

// Some ids of many, for messages.
class SomeIds {
 public:
  void Add(std::string_view id);  // keeps the first few
  std::size_t count() const { return count_; }
  // "'a'" or "'a', 'b', 'c' and 9 more". What is not UTF-8 is shown as ISO 8859-1.
  std::string Text() const;

 private:
  std::size_t count_ = 0;
  std::vector<std::string> first_;
};

// The users or the items of a data set, as messages speak of them.
struct Entities {
  std::string what;     // "user" or "item"
  const Ids& ids;       // in the data set's order
  std::string dataset;  // its path
};

inline constexpr std::int32_t kNobody = -1;

struct RowOrder {
  std::vector<std::int32_t> entity_of_row;  // the index of the row's id in the data set, or kNobody
  std::vector<std::size_t> row_of_entity;   // empty where entities may be missing
  SomeIds extra;                            // rows whose ids the data set does not have
};

enum class MissingRows { kRefused, kAllowed };

// `table` names the file with the `rows` rows (nothing: it refers to as many as there are ids, or
// as the data set has). `ids_path`: a file with the id of each row, one a line, plain or
// compressed; spaces around an id are left off. Empty: the rows are the data set's own, in its
// order. Error that counts and names the first few when ids are repeated or missing, when a line is
// blank, and when the numbers of rows and ids differ.
RowOrder MatchRows(const std::string& table, std::optional<std::size_t> rows,
                   const std::string& ids_path, const Entities& entities, MissingRows missing);

}  // namespace derrd

#endif  // DERRD_DATA_ROW_ORDER_H_
