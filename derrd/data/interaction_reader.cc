#include "derrd/data/interaction_reader.h"

#include <algorithm>
#include <utility>

#include "derrd/core/error.h"
#include "derrd/data/columns.h"
#include "derrd/data/iso_time.h"
#include "derrd/data/utf8.h"

namespace derrd {
namespace {

constexpr std::size_t kShownCharacters = 40;

// A field as it may be shown in a message.
std::string Shown(std::string_view field) {
  if (!IsUtf8(field)) return "(not UTF-8)";
  return field.size() <= kShownCharacters
             ? std::string(field)
             : fmt::format("({} bytes that start with {})", field.size(),
                           FromLatin1(field.substr(0, 8)));
}

double RatingIn(const RecordReader& records, std::string_view field) {
  if (const auto number = FiniteNumber(field)) return *number;
  const bool comma = field.find(',') != std::string_view::npos;
  Fail(
      "{}: the rating '{}' is not a finite number; {}, or choose the column with --rating, or none",
      records.Place(), Shown(field),
      comma ? "write it with a point in the place of the comma" : "correct the line");
}

double TimeIn(const RecordReader& records, std::string_view field) {
  if (const auto number = FiniteNumber(field)) return *number;
  if (const auto seconds = ParseIsoTime(field)) return *seconds;
  Fail(
      "{}: the time '{}' is neither a finite number nor ISO 8601 (2024-01-16 10:00:00); correct "
      "the line, or choose the column with --time, or none",
      records.Place(), Shown(field));
}

std::int32_t Number(const RecordReader& records, IdTable& table, std::string_view id,
                    const char* what) {
  const std::size_t known = table.size();
  const std::int32_t number = table.Intern(id);
  if (table.size() == known) return number;
  if (id.empty()) Fail("{}: the {} is empty; correct or remove the line", records.Place(), what);
  if (!IsUtf8(id)) {
    Fail("{}: the {} is not UTF-8; convert the file, for example with iconv", records.Place(),
         what);
  }
  return number;
}

std::size_t LastColumn(const Layout& layout) {
  return static_cast<std::size_t>(std::max({layout.user, layout.item, layout.rating, layout.time}));
}

std::string_view Field(const std::vector<std::string_view>& fields, int column) {
  return fields[static_cast<std::size_t>(column)];
}

}  // namespace

InteractionReader::InteractionReader(ReadOptions options, bool need_rating, IdTables& tables,
                                     ProgressCallback progress)
    : options_(std::move(options)),
      need_rating_(need_rating || (!options_.rating.empty() && options_.rating != "none")),
      tables_(tables),
      progress_(std::move(progress)) {}

FileSummary InteractionReader::Read(const std::string& path, InteractionLog& log) {
  LineReader reader(path);
  Layout layout = DetectLayout(reader.Preview(), path, options_);
  CheckColumns(path, layout, log);
  FileSummary summary{path, layout.Describe()};
  RecordReader records(reader, FieldSplitter(layout.delimiter, layout.style), progress_);
  const std::size_t before = log.size();
  if (layout.shape == Shape::kColumns) {
    ReadColumns(records, layout, log);
  } else {
    ReadLists(records, layout, log, summary);
  }
  summary.lines = reader.line_number();
  summary.interactions = log.size() - before;
  return summary;
}

// Columns of ratings and times are whole or absent, also over several files.
void InteractionReader::CheckColumns(const std::string& path, const Layout& layout,
                                     const InteractionLog& log) const {
  const bool has_rating = layout.rating != Layout::kNoColumn;
  const bool has_time = layout.time != Layout::kNoColumn;
  if (need_rating_ && !has_rating) {
    Fail("{}: has no rating column ({}); name it with --rating, or leave --min-rating out", path,
         layout.Describe());
  }
  if (!log.empty() && log.has_times() != has_time) {
    Fail(
        "{}: has {} time column, unlike the files before it; name it with --time, or give --time "
        "none",
        path, has_time ? "a" : "no");
  }
}

void InteractionReader::ReadColumns(RecordReader& records, const Layout& layout,
                                    InteractionLog& log) {
  const std::size_t needed = LastColumn(layout) + 1;
  std::size_t named = 0;  // fields of the first record
  if (layout.header && records.Next(kAllFields, fields_)) named = fields_.size();
  std::int32_t user = -1;
  // One field more than the first line has shows a delimiter that belongs to a field, or lists.
  while (records.Next(named == 0 ? kAllFields : named + 1, fields_)) {
    if (named == 0) named = fields_.size();
    if (fields_.size() > named && !fields_.back().empty()) {
      Fail(
          "{}: has more fields than the {} of the {}; quote what holds a delimiter, or give "
          "--format adjacency if these are lists of a user's items",
          records.Place(), named, layout.header ? "header" : "first line");
    }
    if (fields_.size() < needed) {
      Fail(
          "{}: has {} fields where column {} is needed ({}); correct the line, or choose other "
          "columns",
          records.Place(), fields_.size(), needed, layout.Describe());
    }
    const std::string_view user_id = Field(fields_, layout.user);
    // Logs are often sorted by user.
    const bool same = user >= 0 && tables_.users[static_cast<std::size_t>(user)] == user_id;
    if (!same) user = Number(records, tables_.users, user_id, "user");
    log.users.push_back(user);
    log.items.push_back(Number(records, tables_.items, Field(fields_, layout.item), "item"));
    if (layout.rating != Layout::kNoColumn) {
      // Read even where it is not needed: a broken one says that the line is not what it seems.
      const double rating = RatingIn(records, Field(fields_, layout.rating));
      if (need_rating_) log.ratings.push_back(static_cast<float>(rating));
    }
    if (layout.time != Layout::kNoColumn) {
      log.times.push_back(TimeIn(records, Field(fields_, layout.time)));
    }
  }
}

void InteractionReader::ReadLists(RecordReader& records, const Layout& layout, InteractionLog& log,
                                  FileSummary& summary) {
  const bool counted = layout.shape == Shape::kCountedAdjacency;
  if (layout.header) records.Next(1, fields_);
  while (records.Next(kAllFields, fields_)) {
    if (fields_.empty()) continue;  // nothing but delimiters
    std::string line_user = std::to_string(counted ? list_lines_++ : 0);
    const std::size_t listed = fields_.size() - 1;
    if (counted && std::to_string(listed) != fields_[0]) {
      Fail("{}: says that {} items follow and {} do; correct the line, or give --format adjacency",
           records.Place(), Shown(fields_[0]), listed);
    }
    if (listed == 0) {
      ++summary.empty_lists;
      continue;
    }
    const std::int32_t user =
        Number(records, tables_.users, counted ? std::string_view(line_user) : fields_[0], "user");
    log.users.insert(log.users.end(), listed, user);
    for (const std::string_view item : std::span(fields_).subspan(1)) {
      log.items.push_back(Number(records, tables_.items, item, "item"));
    }
  }
}

}  // namespace derrd
