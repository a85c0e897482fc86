// How the text of a file holds interactions: its shape, delimiter, header and columns.
#ifndef DERRD_DATA_LAYOUT_H_
#define DERRD_DATA_LAYOUT_H_

#include <string>
#include <string_view>
#include <vector>

#include "derrd/data/field_splitter.h"

namespace derrd {

enum class Format {
  kAuto,       // found out from the first 64 KiB
  kCsv,        // comma, quoted fields
  kTsv,        // tab
  kInter,      // RecBole: tab, header "user_id:token ..."
  kMovieLens,  // user, item, rating, time: u.data (tab), ratings.dat ("::"), ratings.csv
  kAdjacency,  // "user item item ..."
  kCiteULike,  // "count item item ...", users numbered by line from 0
};

enum class HeaderMode { kAuto, kYes, kNo };

// What the user says about the files; everything may be left to be found out.
struct ReadOptions {
  Format format = Format::kAuto;
  HeaderMode header = HeaderMode::kAuto;
  std::string delimiter;  // also "tab", "space" or backslash t; empty: found out
  // A column is the name in the header or a number from 1. Empty: found out. "none" for the rating
  // or the time: not read.
  std::string user, item, rating, time;
};

enum class Shape { kColumns, kAdjacency, kCountedAdjacency };

struct Layout {
  Shape shape = Shape::kColumns;
  std::string delimiter;
  FieldStyle style = FieldStyle::kPlain;
  bool header = false;
  // Columns from 0; kNoColumn when there is none. Of Shape::kColumns only.
  static constexpr int kNoColumn = -1;
  int user = 0, item = 1, rating = kNoColumn, time = kNoColumn;
  std::vector<std::string> column_names;  // of the header, or "1", "2", ...

  // "columns user_id, item_id, time timestamp, separated by tabs, with a header"
  std::string Describe() const;
};

// Finds out what the options leave open from the start of a file. Error that names `path` when it
// cannot, or when a column that was asked for is not there (it lists those that are).
Layout DetectLayout(std::string_view preview, const std::string& path, const ReadOptions& options);

// Lines at the start of a file that say what its layout is.
inline constexpr std::size_t kLinesLookedAt = 50;

// The complete, non-empty lines at the start of a text, `most` of them unless there are fewer.
std::vector<std::string_view> FirstLines(std::string_view preview, std::size_t most);

// The first of "::", tab, ",", ";" and "|" that every line holds, or else that the first line and
// half of all lines hold; " " when there is none.
std::string DetectDelimiter(const std::vector<std::string_view>& lines);

// How columns are written that this delimiter separates: quoted for "," and ";", runs for " ", and
// for others plain, unless fields of the lines stand in quotes.
FieldStyle StyleOf(const std::string& delimiter, const std::vector<std::string_view>& lines);

}  // namespace derrd

#endif  // DERRD_DATA_LAYOUT_H_
