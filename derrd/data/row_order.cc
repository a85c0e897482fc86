#include "derrd/data/row_order.h"

#include <limits>
#include <numeric>

#include "derrd/core/error.h"
#include "derrd/data/field_splitter.h"
#include "derrd/data/id_table.h"
#include "derrd/data/line_reader.h"
#include "derrd/data/utf8.h"

namespace derrd {
namespace {

constexpr std::size_t kShown = 3;  // ids of a message
constexpr std::size_t kNoRow = std::numeric_limits<std::size_t>::max();

// The rows are the data set's own.
RowOrder SameOrder(const std::string& table, std::size_t rows, const Entities& entities,
                   MissingRows missing) {
  const auto& [what, ids, dataset] = entities;
  if (rows != ids.size()) {
    Fail(
        "{}: is for {} {}s and {} has {}; give the id of each in --{}-ids, or one for each of the "
        "data set's in its order",
        table, rows, what, dataset, ids.size(), what);
  }
  RowOrder order;
  order.entity_of_row.resize(rows);
  std::iota(order.entity_of_row.begin(), order.entity_of_row.end(), 0);
  if (missing == MissingRows::kRefused) {
    order.row_of_entity.assign(order.entity_of_row.begin(), order.entity_of_row.end());
  }
  return order;
}

// One id a line, each once.
IdTable ReadDistinctIds(const std::string& path, const std::string& what) {
  IdTable table(what + "s");
  LineReader lines(path);
  SomeIds repeated;
  std::string_view line;
  while (lines.Next(line)) {
    const std::string_view id = Trim(line);
    if (id.empty()) Fail("{}: the line is blank; give one {} id a line", lines.Place(), what);
    const std::size_t before = table.size();
    table.Intern(id);
    if (table.size() == before) repeated.Add(id);
  }
  if (repeated.count() > 0) {
    Fail("{}: {} lines repeat an id ({}); give each {} one row", path, repeated.count(),
         repeated.Text(), what);
  }
  return table;
}

std::vector<std::size_t> Inverse(const RowOrder& order, const std::string& ids_path,
                                 const Entities& entities) {
  const auto& [what, ids, dataset] = entities;
  std::vector<std::size_t> row_of(ids.size(), kNoRow);
  for (std::size_t row = 0; row < order.entity_of_row.size(); ++row) {
    const std::int32_t entity = order.entity_of_row[row];
    if (entity != kNobody) row_of[static_cast<std::size_t>(entity)] = row;
  }
  SomeIds missing;
  for (std::size_t entity = 0; entity < row_of.size(); ++entity) {
    if (row_of[entity] == kNoRow) missing.Add(ids[entity]);
  }
  if (missing.count() > 0) {
    Fail("{}: {} of the {} {}s of {} have no row ({}); give every one of them a row", ids_path,
         missing.count(), ids.size(), what, dataset, missing.Text());
  }
  return row_of;
}

}  // namespace

void SomeIds::Add(std::string_view id) {
  if (count_++ < kShown) first_.emplace_back(IsUtf8(id) ? std::string(id) : FromLatin1(id));
}

std::string SomeIds::Text() const {
  std::string text;
  for (const std::string& id : first_) text += (text.empty() ? "'" : ", '") + id + "'";
  if (count_ > first_.size()) text += fmt::format(" and {} more", count_ - first_.size());
  return text;
}

RowOrder MatchRows(const std::string& table, std::optional<std::size_t> rows,
                   const std::string& ids_path, const Entities& entities, MissingRows missing) {
  if (ids_path.empty()) {
    return SameOrder(table, rows.value_or(entities.ids.size()), entities, missing);
  }
  const IdTable ids = ReadDistinctIds(ids_path, entities.what);
  if (rows && ids.size() != *rows) {
    Fail("{}: has {} ids and {} is for {} {}s; give one id for each, in the same order", ids_path,
         ids.size(), table, *rows, entities.what);
  }
  RowOrder order;
  order.entity_of_row.reserve(ids.size());
  for (std::size_t row = 0; row < ids.size(); ++row) {
    const auto entity = entities.ids.Find(ids[row]);
    if (!entity) order.extra.Add(ids[row]);
    order.entity_of_row.push_back(entity.value_or(kNobody));
  }
  if (missing == MissingRows::kRefused) order.row_of_entity = Inverse(order, ids_path, entities);
  return order;
}

}  // namespace derrd
