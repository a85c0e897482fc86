// Which number each user and item has in the data set.
#ifndef DERRD_DATA_NUMBERING_H_
#define DERRD_DATA_NUMBERING_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "derrd/data/dataset.h"
#include "derrd/data/id_table.h"
#include "derrd/data/interaction_log.h"

namespace derrd {

// The final numbers of the ids that are used: ascending by value when every one of them is a whole
// number, else in the order in which they were first seen.
struct Numbering {
  std::vector<std::int32_t> new_number;  // by number in the table; -1 when not used
  std::vector<std::string> ids;          // by new number

  // used[i] != 0 when table number i is used; used.size() == table.size().
  static Numbering Of(const IdTable& table, const std::vector<std::uint8_t>& used);

  // Replaces table numbers by new numbers.
  void Apply(std::span<std::int32_t> numbers) const {
    for (std::int32_t& number : numbers) number = new_number[static_cast<std::size_t>(number)];
  }
};

// Numbers anew what the logs use and puts the ids into `contents`.
void Renumber(const IdTables& tables, std::span<InteractionLog* const> logs,
              DatasetContents& contents);

}  // namespace derrd

#endif  // DERRD_DATA_NUMBERING_H_
