#include "derrd/data/scored_lists.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>
#include <string>
#include <string_view>

#include "derrd/core/error.h"
#include "derrd/data/columns.h"
#include "derrd/data/layout.h"
#include "derrd/data/line_reader.h"
#include "derrd/data/utf8.h"

namespace derrd {
namespace {

// All entries of all users, as they come.
struct Entries {
  std::vector<std::int32_t> users, items;
  std::vector<double> scores;  // one an entry, or none at all; as exact as they come, for the order
  bool ranks = false;          // whether these order the lists and are no scores

  void Add(std::int32_t user, std::int32_t item, std::optional<double> score) {
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

// That nothing fits has another cause than that something is missing.
void CheckAnyIsKnown(const Entries& entries, const std::string& path, const Entities& users,
                     const Entities& items, const ImportedLists& result) {
  if (!entries.users.empty()) return;
  const bool of_users = result.unknown_users.count() > 0;
  const SomeIds& unknown = of_users ? result.unknown_users : result.unknown_items;
  if (unknown.count() == 0) return;
  Fail("{}: no {} of it is in {} ({}); give the ids that the data set was imported with", path,
       of_users ? "user" : "item", (of_users ? users : items).dataset, unknown.Text());
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
    if (!entries.scores.empty() && !entries.ranks) {
      lists.scores.push_back(static_cast<float>(entries.scores[e]));
    }
  }
  CheckDistinct(lists, path, users, items);
  return lists;
}

// Which columns of the lines are what, from 0.
struct ListColumns {
  std::size_t user = 0, item = 1;
  std::optional<std::size_t> score;
  bool header = false, score_is_rank = false;
  std::size_t all = 0;  // of the first line

  std::size_t count() const { return std::max({user, item, score.value_or(0)}) + 1; }
};

ListColumns ColumnsOf(const std::vector<std::string_view>& first, const std::string& place) {
  const std::vector<std::string> names(first.begin(), first.end());
  const int user = FindByUsualName(names, ColumnRole::kUser);
  const int item = FindByUsualName(names, ColumnRole::kItem);
  if (user != Layout::kNoColumn && item != Layout::kNoColumn) {
    ListColumns columns{static_cast<std::size_t>(user), static_cast<std::size_t>(item), {}, true};
    const int score = FindByUsualName(names, ColumnRole::kScore);
    const int rank = FindByUsualName(names, ColumnRole::kRank);
    columns.score_is_rank = score == Layout::kNoColumn && rank != Layout::kNoColumn;
    const int by = columns.score_is_rank ? rank : score;
    if (by != Layout::kNoColumn) columns.score = static_cast<std::size_t>(by);
    columns.all = first.size();
    return columns;
  }
  if (first.size() < 2 || first.size() > 3) {
    Fail(
        "{}: has {} columns separated by tabs; give user, item and perhaps score, or name the "
        "columns so in the first line",
        place, first.size());
  }
  ListColumns columns;
  columns.all = first.size();
  if (first.size() == 3) columns.score = 2;
  return columns;
}

double ParseScore(std::string_view text, const char* what, const std::string& place) {
  const std::optional<double> number = FiniteNumber(text);
  if (!number || !std::isfinite(static_cast<float>(*number))) {
    Fail("{}: the {} '{}' is not a finite number; correct the line", place, what,
         IsUtf8(text) ? std::string(text.substr(0, 32)) : FromLatin1(text.substr(0, 32)));
  }
  return *number;
}

// Adds the entry of a record of so many columns, unless the data set does not have its user or its
// item.
void AddRecord(const std::vector<std::string_view>& fields, const ListColumns& columns,
               const RecordReader& records, const Entities& users, const Entities& items,
               Entries& entries, ImportedLists& result) {
  if (fields.size() < columns.count() || fields.size() > columns.all) {
    Fail("{}: has {} columns where {}; correct the line", records.Place(), fields.size(),
         fields.size() < columns.count() ? fmt::format("{} are needed", columns.count())
                                         : fmt::format("the first line has {}", columns.all));
  }
  std::optional<double> score;
  if (columns.score_is_rank) {
    score = -ParseScore(fields[*columns.score], "rank", records.Place());
  } else if (columns.score) {
    score = ParseScore(fields[*columns.score], "score", records.Place());
  }
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

// Whether the numbers of most users are distinct whole ones with few gaps (of items that the data
// set does not have): ranks, and no scores.
bool LookLikeRanks(const ScoredLists& lists) {
  std::size_t ranked = 0, users = 0;
  for (std::size_t u = 0; u + 1 < lists.offsets.size(); ++u) {
    const auto begin = static_cast<std::size_t>(lists.offsets[u]);
    const auto count = static_cast<std::size_t>(lists.offsets[u + 1]) - begin;
    if (count < 2) continue;
    ++users;
    const std::span<const float> falling = std::span(lists.scores).subspan(begin, count);
    const auto whole = [](float number) { return number == std::floor(number); };
    if (falling.back() >= 0.0f && falling.front() < 2.0f * static_cast<float>(count) &&
        std::ranges::all_of(falling, whole) &&
        std::ranges::adjacent_find(falling) == falling.end()) {
      ++ranked;
    }
  }
  return 2 * ranked > users;
}

// The items of a row that the data set has, in order; -1 may only fill it up.
void AddRow(const NumberTable& table, std::size_t row, std::span<const std::int64_t> numbers,
            std::span<const double> scores, std::int32_t user, const RowOrder& item_order,
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
    if (!scores.empty() && !std::isfinite(static_cast<float>(scores[c]))) {
      Fail("{}: the score in row {} (from 0) and column {} is {}; every score must be finite",
           table.name(), row, c, scores[c]);
    }
    const std::int32_t item = item_order.entity_of_row[static_cast<std::size_t>(numbers[c])];
    if (item == kNobody) {
      result.unknown_items.Add(std::to_string(numbers[c]));
    } else {
      entries.Add(user, item, scores.empty() ? std::nullopt : std::optional<double>(scores[c]));
    }
  }
}

}  // namespace

ImportedLists ReadListsTsv(const std::string& path, const Entities& users, const Entities& items,
                           const ProgressCallback& progress) {
  LineReader lines(path);
  RecordReader records(
      lines, FieldSplitter("\t", StyleOf("\t", FirstLines(lines.Preview(), kLinesLookedAt))),
      progress);
  std::vector<std::string_view> fields;
  ImportedLists result;
  Entries entries;
  if (!records.Next(kAllFields, fields)) Fail("{}: holds only blank lines; give rankings", path);
  const ListColumns columns = ColumnsOf(fields, records.Place());
  entries.ranks = result.by_rank = columns.score_is_rank;
  if (columns.header) {
    for (std::size_t c = 0; c < fields.size(); ++c) {
      if (c != columns.user && c != columns.item && c != columns.score) {
        result.passed_over.emplace_back(fields[c]);
      }
    }
  } else {
    AddRecord(fields, columns, records, users, items, entries, result);
  }
  while (records.Next(kAllFields, fields)) {
    AddRecord(fields, columns, records, users, items, entries, result);
  }
  CheckAnyIsKnown(entries, path, users, items, result);
  result.lists = Group(entries, path, users, items);
  if (columns.score && !columns.header && LookLikeRanks(result.lists)) {
    Fail(
        "{}: the third column counts the items of each user, which as scores would put the best "
        "last; name the columns in a first line, separated by tabs: user, item and rank, or user, "
        "item and score",
        path);
  }
  return result;
}

ImportedLists ReadListsTable(const NumberTable& table, const std::optional<NumberTable>& scores,
                             const RowOrder& user_order, const RowOrder& item_order,
                             const Entities& users, const Entities& items) {
  table.RequireWholeNumbers();
  std::vector<std::int64_t> numbers(table.cols());
  std::vector<double> row_scores;
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
