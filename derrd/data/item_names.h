// What items are called, from a table of ids and names.
#ifndef DERRD_DATA_ITEM_NAMES_H_
#define DERRD_DATA_ITEM_NAMES_H_

#include <cstddef>
#include <string>
#include <vector>

#include "derrd/core/ids.h"

namespace derrd {

struct ItemNames {
  std::vector<std::string> names;  // one an item of the data set; the id where none is given
  std::size_t named = 0;           // items with a name
  std::size_t unknown = 0;         // rows about items that the data set does not have
};

// Reads a table with an id and a name: CSV, TSV, MovieLens movies.csv, movies.dat ("::") or u.item
// ("|"), RecBole .item; compressed or not. Columns are found by their usual names in a header
// ("item_id", "movieId", "title", "name", ...); of two columns, one without such a name is what is
// left, and without a header the first is the id and the second the name. A line that is not UTF-8
// is taken as ISO 8859-1. Of several names of an item the first one counts.
ItemNames ReadItemNames(const std::string& path, const Ids& item_ids);

}  // namespace derrd

#endif  // DERRD_DATA_ITEM_NAMES_H_
