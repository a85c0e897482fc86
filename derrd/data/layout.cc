#include "derrd/data/layout.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <map>
#include <set>

#include "derrd/core/error.h"
#include "derrd/data/columns.h"
#include "derrd/data/field_splitter.h"

namespace derrd {
namespace {

constexpr std::size_t kMostSpacedColumns = 4;  // user, item, rating, time
constexpr std::array<std::string_view, 5> kDelimiters = {"::", "\t", ",", ";", "|"};

using Fields = std::vector<std::string_view>;

Fields SplitLine(std::string_view line, const std::string& delimiter, FieldStyle style) {
  Fields fields;
  FieldSplitter(delimiter, style).Split(line, kAllFields, fields);
  return fields;
}

std::string NamedDelimiter(const std::string& given) {
  if (given == "\\t" || given == "tab") return "\t";
  if (given == "space") return " ";
  return given;
}

std::string DelimiterName(const std::string& delimiter) {
  return delimiter == "\t" ? "tabs" : delimiter == " " ? "spaces" : "'" + delimiter + "'";
}

// "count item item ...": each line says how many items it lists.
bool LooksCounted(const std::vector<std::string_view>& lines) {
  std::set<std::size_t> lengths;
  for (const std::string_view line : lines) {
    const Fields fields = SplitLine(line, " ", FieldStyle::kRuns);
    if (fields.empty()) return false;
    std::size_t count = 0;
    for (const std::string_view field : fields) {
      if (!IsNumber(field)) return false;
    }
    std::from_chars(fields[0].data(), fields[0].data() + fields[0].size(), count);
    if (count + 1 != fields.size()) return false;
    lengths.insert(fields.size());
  }
  return lengths.size() > 1;  // rows of one width are columns
}

// Whether a field is all in quotes, those inside it doubled.
bool IsQuoted(std::string_view field) {
  if (field.size() < 2 || field.front() != '"' || field.back() != '"') return false;
  std::size_t quotes = 0;
  for (const char character : field.substr(1, field.size() - 2)) {
    if (character != '"' && quotes % 2 == 1) return false;
    quotes = character == '"' ? quotes + 1 : 0;
  }
  return quotes % 2 == 0;
}

// Whether all fields of the first line stand in quotes; or some of any line do, and none begins
// with a quote that is its own.
bool AreQuoted(const std::vector<std::string_view>& lines, const std::string& delimiter) {
  if (lines.empty()) return false;
  if (std::ranges::all_of(SplitLine(lines.front(), delimiter, FieldStyle::kPlain), IsQuoted)) {
    return true;
  }
  bool some = false;
  for (const std::string_view line : lines) {
    for (const std::string_view field : SplitLine(line, delimiter, FieldStyle::kPlain)) {
      if (!field.starts_with('"')) continue;
      if (!IsQuoted(field)) return false;
      some = true;
    }
  }
  return some;
}

// Lists differ in length; columns have one width but for a broken line, which is to be reported as
// such.
bool LooksLikeLists(const std::vector<std::string_view>& lines, const std::string& delimiter) {
  if (delimiter != " " && delimiter != "\t") return false;
  std::map<std::size_t, std::size_t> lines_of_length;
  const FieldStyle style = StyleOf(delimiter, lines);
  for (const std::string_view line : lines) {
    ++lines_of_length[SplitLine(line, delimiter, style).size()];
  }
  std::size_t most_common = 0;
  for (const auto& [length, count] : lines_of_length) most_common = std::max(most_common, count);
  const std::size_t shortest = lines_of_length.begin()->first;
  return 2 * most_common <= lines.size() || lines_of_length.rbegin()->first < 2 ||
         (delimiter == " " && shortest > kMostSpacedColumns);
}

Shape DetectShape(const std::vector<std::string_view>& lines, const std::string& delimiter) {
  if (LooksCounted(lines)) return Shape::kCountedAdjacency;
  return LooksLikeLists(lines, delimiter) ? Shape::kAdjacency : Shape::kColumns;
}

std::string DelimiterOf(const std::vector<std::string_view>& lines, const ReadOptions& options) {
  if (!options.delimiter.empty()) return NamedDelimiter(options.delimiter);
  switch (options.format) {
    case Format::kCsv:
      return ",";
    case Format::kTsv:
    case Format::kInter:
      return "\t";
    default:
      return DetectDelimiter(lines);
  }
}

Shape ShapeOf(const std::vector<std::string_view>& lines, const std::string& delimiter,
              const ReadOptions& options) {
  switch (options.format) {
    case Format::kAuto:
      // Columns that are named make it columns.
      return options.user.empty() && options.item.empty() ? DetectShape(lines, delimiter)
                                                          : Shape::kColumns;
    case Format::kAdjacency:
      return Shape::kAdjacency;
    case Format::kCiteULike:
      return Shape::kCountedAdjacency;
    default:
      return Shape::kColumns;
  }
}

bool NamesAColumn(const std::string& column) {
  return !column.empty() && column != "none" && !IsNumber(column);
}

bool HasHeader(const Fields& first, const Fields& second, const ReadOptions& options) {
  if (options.header != HeaderMode::kAuto) return options.header == HeaderMode::kYes;
  return options.format == Format::kInter || NamesAColumn(options.user) ||
         NamesAColumn(options.item) || NamesAColumn(options.rating) || NamesAColumn(options.time) ||
         LooksLikeHeader(first, second);
}

// A list's line begins with a user; only the usual name of that column makes it a header.
bool ListHasHeader(const Fields& first, const ReadOptions& options) {
  if (options.header != HeaderMode::kAuto) return options.header == HeaderMode::kYes;
  return !first.empty() && FindByUsualName({std::string(first[0])}, ColumnRole::kUser) == 0;
}

void ReadColumns(const std::string& path, const std::vector<std::string_view>& lines,
                 const ReadOptions& options, Layout& layout) {
  FieldSplitter splitter(layout.delimiter, layout.style);
  FieldSplitter second_splitter(layout.delimiter, layout.style);
  Fields first;
  Fields second;
  splitter.Split(lines[0], kAllFields, first);
  if (lines.size() > 1) second_splitter.Split(lines[1], kAllFields, second);
  layout.header = HasHeader(first, second, options);
  for (std::size_t i = 0; i < first.size(); ++i) {
    layout.column_names.push_back(layout.header ? std::string(first[i]) : std::to_string(i + 1));
  }
  AssignColumns(path, options, layout.header ? second : first, layout);
}

// "{" or "[" before a string, an object or a list.
bool LooksLikeJson(std::string_view preview) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t first = preview.find_first_not_of(kSpace);
  if (first == preview.npos || (preview[first] != '{' && preview[first] != '[')) return false;
  const std::size_t second = preview.find_first_not_of(kSpace, first + 1);
  return second != preview.npos && std::string_view("\"{[").find(preview[second]) != preview.npos;
}

// Error for text that is no table.
void CheckIsTable(std::string_view preview, const std::string& path) {
  if (!LooksLikeJson(preview)) return;
  Fail(
      "{}: is JSON; give lines of columns or lists (CSV, TSV, .inter, adjacency; plain, .gz or "
      ".zst)",
      path);
}

}  // namespace

std::vector<std::string_view> FirstLines(std::string_view preview, std::size_t most) {
  std::vector<std::string_view> lines;
  while (!preview.empty() && lines.size() < most) {
    const std::size_t end = preview.find('\n');
    // The last line may be cut off by the preview: only when nothing else is there is it used.
    if (end == std::string_view::npos && lines.size() > 1) break;
    std::string_view line = preview.substr(0, end);
    preview.remove_prefix(end == std::string_view::npos ? preview.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.find_first_not_of(" \t") != std::string_view::npos) lines.push_back(line);
  }
  return lines;
}

std::string DetectDelimiter(const std::vector<std::string_view>& lines) {
  const auto holds = [](std::string_view line, std::string_view delimiter) {
    return line.find(delimiter) != std::string_view::npos;
  };
  const auto lines_with = [&](std::string_view delimiter) {
    return static_cast<std::size_t>(std::ranges::count_if(
        lines, [&](std::string_view line) { return holds(line, delimiter); }));
  };
  for (const std::string_view delimiter : kDelimiters) {
    if (lines_with(delimiter) == lines.size()) return std::string(delimiter);
  }
  // A line that lacks fields must not hide the delimiter, or it would not be reported.
  for (const std::string_view delimiter : kDelimiters) {
    const bool usual = 2 * lines_with(delimiter) >= lines.size();
    if (usual && holds(lines.front(), delimiter)) return std::string(delimiter);
  }
  return " ";
}

FieldStyle StyleOf(const std::string& delimiter, const std::vector<std::string_view>& lines) {
  if (delimiter == " ") return FieldStyle::kRuns;
  if (delimiter == "," || delimiter == ";") return FieldStyle::kQuoted;
  return AreQuoted(lines, delimiter) ? FieldStyle::kQuoted : FieldStyle::kPlain;
}

Layout DetectLayout(std::string_view preview, const std::string& path, const ReadOptions& options) {
  CheckIsTable(preview, path);
  const auto lines = FirstLines(preview, kLinesLookedAt);
  if (lines.empty()) Fail("{}: holds only blank lines; give a file with interactions", path);
  Layout layout;
  layout.delimiter = DelimiterOf(lines, options);
  layout.shape = ShapeOf(lines, layout.delimiter, options);
  if (layout.shape == Shape::kColumns) {
    layout.style =
        options.format == Format::kCsv ? FieldStyle::kQuoted : StyleOf(layout.delimiter, lines);
    ReadColumns(path, lines, options, layout);
  } else {
    layout.style = FieldStyle::kRuns;  // several may separate: "user<TAB>item item"
    layout.header = ListHasHeader(SplitLine(lines[0], layout.delimiter, layout.style), options);
  }
  return layout;
}

std::string Layout::Describe() const {
  const std::string ending =
      fmt::format("separated by {}, {} header", DelimiterName(delimiter), header ? "with a" : "no");
  if (shape == Shape::kAdjacency) return fmt::format("lists of items by user, {}", ending);
  if (shape == Shape::kCountedAdjacency) {
    return fmt::format("counted lists of items, users numbered by line, {}", ending);
  }
  const auto name = [&](int column) {
    return column == kNoColumn ? std::string("not read")
                               : column_names[static_cast<std::size_t>(column)];
  };
  return fmt::format("columns: user {}, item {}, rating {}, time {}; {}", name(user), name(item),
                     name(rating), name(time), ending);
}

}  // namespace derrd
