#include "derrd/data/scored_lists.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "derrd/core/error.h"
#include "derrd/data/columns.h"
#include "derrd/data/line_reader.h"
#include "derrd/data/utf8.h"

namespace derrd {
namespace {

// All entries of all users, as they come.
struct Entries {
  std::vector<std::int32_t> users, items;
  std::vector<float> scores;  // one an entry, or none at all

  void Add(std::int32_t user, std::int32_t item, std::optional<float> score) {
    users.push_back(user);
    items.push_back(item);
    if (score) scores.push_back(*score);
  }
};

std::vector<std::int64_t> OffsetsByUser(const Entries& entries, std::size_t users) {
  std::vector<std::int64_t> offsets(users + 1, 0);
  for (const std::int32_t user : entries.users) ++offsets[static_cast<std::size_t>(user) + 1];
  std::partial_sum(offsets.begin(), offsets.end(), offsets.begin());
  return offsets;
}

void CheckEveryUserHasOne(const std::vector<std::int64_t>& offsets, const std::string& path,
                          const Entities& users) {
  SomeIds missing;
  for (std::size_t u = 0; u + 1 < offsets.size(); ++u) {
    if (offsets[u] == offsets[u + 1]) missing.Add(users.ids[u]);
  }
  if (missing.count() == 0) return;
  Fail("{}: {} of the {} users of {} have no items in it ({}); give every one of them a ranking",
       path, missing.count(), users.ids.size(), users.dataset, missing.Text());
}

void CheckDistinct(const ScoredLists& lists, const std::string& path, const Entities& users,
                   const Entities& items) {
  std::vector<std::int32_t> last_user(items.ids.size(), kNobody);
  for (std::size_t u = 0; u < users.ids.size(); ++u) {
    for (auto i = lists.offsets[u]; i < lists.offsets[u + 1]; ++i) {
      const auto item = static_cast<std::size_t>(lists.items[static_cast<std::size_t>(i)]);
      if (last_user[item] == static_cast<std::int32_t>(u)) {
        Fail("{}: user '{}' has item '{}' twice; list every item once", path, users.ids[u],
             items.ids[item]);
      }
      last_user[item] = static_cast<std::int32_t>(u);
    }
  }
}

// By user, and within a user best first.
ScoredLists Group(const Entries& entries, const std::string& path, const Entities& users,
                  const Entities& items) {
  ScoredLists lists{OffsetsByUser(entries, users.ids.size()), {}, {}};
  CheckEveryUserHasOne(lists.offsets, path, users);
  std::vector<std::size_t> order(entries.users.size());  // of the entries, user after user
  std::vector<std::int64_t> next(lists.offsets.begin(), lists.offsets.end() - 1);
  for (std::size_t e = 0; e < entries.users.size(); ++e) {
    order[static_cast<std::size_t>(next[static_cast<std::size_t>(entries.users[e])]++)] = e;
  }
  if (!entries.scores.empty()) {
    for (std::size_t u = 0; u < users.ids.size(); ++u) {
      std::stable_sort(
          order.begin() + lists.offsets[u], order.begin() + lists.offsets[u + 1],
          [&](std::size_t a, std::size_t b) { return entries.scores[a] > entries.scores[b]; });
    }
  }
  for (const std::size_t e : order) {
    lists.items.push_back(entries.items[e]);
    if (!entries.scores.empty()) lists.scores.push_back(entries.scores[e]);
  }
  CheckDistinct(lists, path, users, items);
  return lists;
}

// Which columns of the lines are what, from 0.
struct ListColumns {
  std::size_t user = 0, item = 1;
  std::optional<std::size_t> score;
  bool header = false;

  std::size_t count() const { return std::max({user, item, score.value_or(0)}) + 1; }
};

ListColumns ColumnsOf(const std::vector<std::string_view>& first, const std::string& place) {
  const std::vector<std::string> names(first.begin(), first.end());
  const int user = FindByUsualName(names, ColumnRole::kUser);
  const int item = FindByUsualName(names, ColumnRole::kItem);
  if (user != Layout::kNoColumn && item != Layout::kNoColumn) {
    const int score = FindByUsualName(names, ColumnRole::kRating);
    ListColumns columns{static_cast<std::size_t>(user), static_cast<std::size_t>(item), {}, true};
    if (score != Layout::kNoColumn) columns.score = static_cast<std::size_t>(score);
    return columns;
  }
  if (first.size() < 2 || first.size() > 3) {
    Fail(
        "{}: has {} columns separated by tabs; give user, item and perhaps score, or name the "
        "columns so in the first line",
        place, first.size());
  }
  ListColumns columns;
  if (first.size() == 3) columns.score = 2;
  return columns;
}

float ParseScore(std::string_view text, const std::string& place) {
  double number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  const auto score = static_cast<float>(number);
  if (error != std::errc() || stop != end || !std::isfinite(score)) {
    Fail("{}: the score '{}' is not a finite number; correct the line", place,
         IsUtf8(text) ? std::string(text.substr(0, 32)) : FromLatin1(text.substr(0, 32)));
  }
  return score;
}

// Adds the entry of a record, unless the data set does not have its user or its item.
void AddRecord(const std::vector<std::string_view>& fields, const ListColumns& columns,
               const RecordReader& records, const Entities& users, const Entities& items,
               Entries& entries, ImportedLists& result) {
  if (fields.size() < columns.count()) {
    Fail("{}: has {} columns where {} are needed; correct the line", records.Place(), fields.size(),
         columns.count());
  }
  std::optional<float> score;
  if (columns.score) score = ParseScore(fields[*columns.score], records.Place());
  const auto user = users.ids.Find(fields[columns.user]);
  const auto item = items.ids.Find(fields[columns.item]);
  if (!user) {
    result.unknown_users.Add(fields[columns.user]);
  } else if (!item) {
    result.unknown_items.Add(fields[columns.item]);
  } else {
    entries.Add(*user, *item, score);
  }
}

// Whether the lines' third column counts 1, 2, 3 ... for each user: a rank, and no score.
class RankDetector {
 public:
  void Add(const std::vector<std::string_view>& fields, const ListColumns& columns) {
    if (!ranks_ || fields.size() < columns.count()) return;
    const std::int64_t rank = ++lines_of_[std::string(fields[columns.user])];
    ranks_ = fields[*columns.score] == std::to_string(rank);
    longest_ = std::max(longest_, rank);
  }
  bool Ranks() const { return ranks_ && longest_ > 1; }

 private:
  bool ranks_ = true;
  std::int64_t longest_ = 0;
  std::unordered_map<std::string, std::int64_t> lines_of_;
};

// The items of a row that the data set has, in order; -1 may only fill it up.
void AddRow(const NumberTable& table, std::size_t row, std::span<const std::int64_t> numbers,
            std::span<const float> scores, std::int32_t user, const RowOrder& item_order,
            Entries& entries, ImportedLists& result) {
  constexpr std::int64_t kFill = -1;
  const auto end = std::ranges::find(numbers, kFill) - numbers.begin();
  for (std::size_t c = 0; c < numbers.size(); ++c) {
    const bool filled = static_cast<std::ptrdiff_t>(c) >= end;
    if (filled && numbers[c] == kFill) continue;
    const bool known =
        numbers[c] >= 0 && numbers[c] < static_cast<std::int64_t>(item_order.entity_of_row.size());
    if (filled || !known) {
      Fail("{}: row {} (from 0) holds {} in column {}{}", table.name(), row, numbers[c], c,
           filled ? " behind -1, which may only fill up a row"
                  : fmt::format("; items are numbered from 0 to {}, and -1 fills up a row",
                                item_order.entity_of_row.size() - 1));
    }
    if (!scores.empty() && !std::isfinite(scores[c])) {
      Fail("{}: the score in row {} (from 0) and column {} is {}; every score must be finite",
           table.name(), row, c, scores[c]);
    }
    const std::int32_t item = item_order.entity_of_row[static_cast<std::size_t>(numbers[c])];
    if (item == kNobody) {
      result.unknown_items.Add(std::to_string(numbers[c]));
    } else {
      entries.Add(user, item, scores.empty() ? std::nullopt : std::optional<float>(scores[c]));
    }
  }
}

}  // namespace

ImportedLists ReadListsTsv(const std::string& path, const Entities& users, const Entities& items,
                           const ProgressCallback& progress) {
  LineReader lines(path);
  RecordReader records(lines, FieldSplitter("\t", FieldStyle::kPlain), progress);
  std::vector<std::string_view> fields;
  ImportedLists result;
  Entries entries;
  if (!records.Next(kAllFields, fields)) Fail("{}: holds only blank lines; give rankings", path);
  const ListColumns columns = ColumnsOf(fields, records.Place());
  RankDetector ranks;
  const auto add = [&] {
    if (!columns.header && columns.score) ranks.Add(fields, columns);
    AddRecord(fields, columns, records, users, items, entries, result);
  };
  if (!columns.header) add();
  while (records.Next(columns.count(), fields)) add();
  if (ranks.Ranks()) {
    Fail(
        "{}: the third column counts 1, 2, 3 ... for each user, which would be scores with the "
        "best items last; if it is a rank, say so in a first line: user, item and rank, separated "
        "by tabs",
        path);
  }
  result.lists = Group(entries, path, users, items);
  return result;
}

ImportedLists ReadListsTable(const NumberTable& table, const std::optional<NumberTable>& scores,
                             const RowOrder& user_order, const RowOrder& item_order,
                             const Entities& users, const Entities& items) {
  table.RequireWholeNumbers();
  std::vector<std::int64_t> numbers(table.cols());
  std::vector<float> row_scores;
  if (scores) {
    scores->RequireFloats();
    if (scores->rows() != table.rows() || scores->cols() != table.cols()) {
      Fail("{}: is {} x {} and {} is {} x {}; give a score for each item", scores->name(),
           scores->rows(), scores->cols(), table.name(), table.rows(), table.cols());
    }
    row_scores.resize(table.cols());
  }
  ImportedLists result;
  Entries entries;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const std::int32_t user = user_order.entity_of_row[row];
    if (user == kNobody) continue;
    table.ReadRow(row, numbers);
    if (scores) scores->ReadRow(row, row_scores);
    AddRow(table, row, numbers, row_scores, user, item_order, entries, result);
  }
  result.unknown_users = user_order.extra;
  result.lists = Group(entries, table.name(), users, items);
  return result;
}

}  // namespace derrd
