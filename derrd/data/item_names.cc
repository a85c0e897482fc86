#include "derrd/data/item_names.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>

#include "derrd/core/error.h"
#include "derrd/data/columns.h"
#include "derrd/data/layout.h"
#include "derrd/data/record_reader.h"
#include "derrd/data/utf8.h"

namespace derrd {
namespace {

struct NameTable {
  std::string delimiter;
  FieldStyle style;
  bool header = false;
  std::size_t id = 0;
  std::size_t name = 1;
};

NameTable DetectNameTable(std::string_view preview, const std::string& path) {
  const auto lines = FirstLines(preview, kLinesLookedAt);
  if (lines.empty()) Fail("{}: holds only blank lines; give a table of ids and names", path);
  const std::string delimiter = DetectDelimiter(lines);
  NameTable table{delimiter, StyleOf(delimiter, lines)};
  if (table.style == FieldStyle::kRuns) {
    Fail("{}: no delimiter stands in every line; give a CSV or TSV table of ids and names", path);
  }
  FieldSplitter first_splitter(table.delimiter, table.style);
  FieldSplitter second_splitter(table.delimiter, table.style);
  std::vector<std::string_view> first;
  std::vector<std::string_view> second;
  first_splitter.Split(lines[0], kAllFields, first);
  if (lines.size() > 1) second_splitter.Split(lines[1], kAllFields, second);
  table.header = LooksLikeHeader(first, second);
  if (!table.header) return table;
  const std::vector<std::string> names(first.begin(), first.end());
  table.id = static_cast<std::size_t>(std::max(0, FindByUsualName(names, ColumnRole::kItem)));
  const int name = FindByUsualName(names, ColumnRole::kName);
  if (name == Layout::kNoColumn && names.size() > 2) {
    Fail(
        "{}: the header does not tell which column is the name; its columns are: {}; call it "
        "'name' or 'title'",
        path, fmt::join(names, ", "));
  }
  const std::size_t other = table.id == 0 ? 1 : 0;
  table.name = name == Layout::kNoColumn ? other : static_cast<std::size_t>(name);
  return table;
}

}  // namespace

ItemNames ReadItemNames(const std::string& path, const Ids& item_ids) {
  LineReader lines(path);
  const NameTable table = DetectNameTable(lines.Preview(), path);
  RecordReader records(lines, FieldSplitter(table.delimiter, table.style));
  const std::size_t needed = std::max(table.id, table.name) + 1;
  std::vector<std::string_view> fields;
  std::size_t columns = 0;  // of the first record
  if (table.header && records.Next(kAllFields, fields)) columns = fields.size();

  ItemNames result;
  result.names.resize(item_ids.size());
  while (records.Next(columns == 0 ? kAllFields : columns + 1, fields)) {
    if (columns == 0) columns = fields.size();
    if (fields.size() > columns && !fields.back().empty()) {
      Fail("{}: has more fields than the {} of the first line; quote a name that holds a delimiter",
           records.Place(), columns);
    }
    if (fields.size() < needed) {
      Fail("{}: has {} fields where the name is field {}; correct the line", records.Place(),
           fields.size(), table.name + 1);
    }
    const auto item = item_ids.Find(fields[table.id]);
    if (!item) {
      ++result.unknown;
      continue;
    }
    std::string& name = result.names[static_cast<std::size_t>(*item)];
    const std::string_view given = fields[table.name];
    if (name.empty()) name = IsUtf8(given) ? std::string(given) : FromLatin1(given);
  }
  for (std::size_t i = 0; i < result.names.size(); ++i) {
    if (result.names[i].empty()) {
      result.names[i] = item_ids[i];
    } else {
      ++result.named;
    }
  }
  return result;
}

}  // namespace derrd
