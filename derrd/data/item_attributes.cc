#include "derrd/data/item_attributes.h"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <ranges>
#include <span>
#include <utility>

#include "derrd/core/error.h"
#include "derrd/data/columns.h"
#include "derrd/data/id_table.h"
#include "derrd/data/layout.h"
#include "derrd/data/record_reader.h"
#include "derrd/data/utf8.h"

namespace derrd {
namespace {

constexpr char kValueSeparator = '|';

using Cells = std::vector<std::string_view>;

struct AttributeColumn {
  std::string name;
  char separator;  // of the values of a cell
};

void CheckUtf8(const Cells& fields, const RecordReader& records) {
  const auto wrong = std::ranges::find_if_not(fields, IsUtf8);
  if (wrong == fields.end()) return;
  Fail("{}: field {} is not UTF-8; write the table in that encoding", records.Place(),
       wrong - fields.begin() + 1);
}

// An id, or a number, where the name of the items' column should be.
void CheckIsHeader(const Cells& header, const Ids& item_ids, const RecordReader& records) {
  const std::string first(header[0]);
  if (FindByUsualName({first}, ColumnRole::kItem) == 0) return;
  if (!IsNumber(first) && !item_ids.Find(first)) return;
  Fail("{}: '{}' is an item and no header; name the columns in the first line, as 'item,category'",
       records.Place(), first);
}

AttributeColumn ColumnOf(std::string_view title, std::size_t field, const RecordReader& records) {
  AttributeColumn column{WithoutType(std::string(title)), kValueSeparator};
  if (column.name.size() < title.size() && title.ends_with("_seq")) column.separator = ' ';
  if (column.name.empty()) {
    Fail("{}: column {} has no name; name it, or leave it out", records.Place(), field + 1);
  }
  if (column.name.find('=') != std::string::npos) {
    Fail("{}: the name '{}' has a '=', which separates names from values; rename the column",
         records.Place(), column.name);
  }
  return column;
}

// The columns after the items'.
std::vector<AttributeColumn> ReadHeader(const Cells& header, const Ids& item_ids,
                                        const std::string& delimiter, const RecordReader& records) {
  CheckUtf8(header, records);
  if (delimiter == " " || delimiter[0] == kValueSeparator) {
    Fail(
        "{}: the header has no columns of attributes beside the items'; separate columns with "
        "commas or tabs",
        records.Place());
  }
  CheckIsHeader(header, item_ids, records);
  std::vector<AttributeColumn> columns;
  for (std::size_t i = 1; i < header.size(); ++i) {
    columns.push_back(ColumnOf(header[i], i, records));
    const std::string& name = columns.back().name;
    if (std::ranges::count(columns, name, &AttributeColumn::name) > 1) {
      Fail("{}: two columns are called '{}'; rename or join them", records.Place(), name);
    }
  }
  return columns;
}

// Which item has which label, while a table is read.
class LabelCollector {
 public:
  void AddCell(const AttributeColumn& column, std::string_view cell, std::int32_t item) {
    while (!cell.empty()) {
      const std::size_t end = cell.find(column.separator);
      AddValue(column.name, Trim(cell.substr(0, end)), item);
      cell.remove_prefix(end == std::string_view::npos ? cell.size() : end + 1);
    }
  }

  OwnedAttributes Sorted() && {
    std::vector<std::size_t> order(labels_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, {}, [&](std::size_t label) { return labels_[label]; });
    std::vector<std::int32_t> new_number(order.size());
    std::vector<std::string> texts;
    for (const std::size_t label : order) {
      new_number[label] = static_cast<std::int32_t>(texts.size());
      texts.emplace_back(labels_[label]);
    }
    for (auto& pair : pairs_) pair.first = new_number[static_cast<std::size_t>(pair.first)];
    std::ranges::sort(pairs_);
    pairs_.erase(std::unique(pairs_.begin(), pairs_.end()), pairs_.end());
    OwnedAttributes result{Ids(texts), {}};
    result.items.offsets.assign(order.size() + 1, 0);
    for (const auto& [label, item] : pairs_) {
      result.items.items.push_back(item);
      ++result.items.offsets[static_cast<std::size_t>(label) + 1];
    }
    std::partial_sum(result.items.offsets.begin(), result.items.offsets.end(),
                     result.items.offsets.begin());
    return result;
  }

 private:
  void AddValue(const std::string& name, std::string_view value, std::int32_t item) {
    if (value.empty()) return;
    label_.assign(name).append("=").append(value);
    pairs_.emplace_back(labels_.Intern(label_), item);
  }

  IdTable labels_{"values of attributes"};
  std::vector<std::pair<std::int32_t, std::int32_t>> pairs_;  // label and item
  std::string label_;
};

std::size_t CountDistinct(std::span<const std::int32_t> items, std::size_t item_count) {
  std::vector<std::uint8_t> met(item_count, 0);
  for (const std::int32_t item : items) met[static_cast<std::size_t>(item)] = 1;
  return static_cast<std::size_t>(std::ranges::count(met, 1));
}

// The first number of [begin, end) for which `before` no longer holds.
template <typename Before>
std::size_t FirstNot(std::size_t begin, std::size_t end, const Before& before) {
  const auto numbers = std::views::iota(begin, end);
  const auto found = std::ranges::partition_point(numbers, before);
  return found == numbers.end() ? end : *found;
}

}  // namespace

AttributeTable ReadItemAttributes(const std::string& path, const Ids& item_ids) {
  LineReader lines(path);
  const auto first = FirstLines(lines.Preview(), kLinesLookedAt);
  if (first.empty()) Fail("{}: holds only blank lines; give a table of items", path);
  const std::string delimiter = DetectDelimiter({first.front()});
  RecordReader records(lines, FieldSplitter(delimiter, StyleOf(delimiter, first)));
  Cells fields;
  records.Next(kAllFields, fields);
  const auto columns = ReadHeader(fields, item_ids, delimiter, records);

  AttributeTable result;
  LabelCollector collector;
  while (records.Next(kAllFields, fields)) {
    if (fields.size() != columns.size() + 1) {
      Fail("{}: has {} fields where the header has {}; correct the line", records.Place(),
           fields.size(), columns.size() + 1);
    }
    CheckUtf8(fields, records);
    const auto item = item_ids.Find(fields[0]);
    if (!item) {
      ++result.unknown;
      continue;
    }
    for (std::size_t i = 0; i < columns.size(); ++i) {
      collector.AddCell(columns[i], fields[i + 1], *item);
    }
  }
  result.attributes = std::move(collector).Sorted();
  result.described = CountDistinct(result.attributes.items.items, item_ids.size());
  return result;
}

std::string_view LabelName(std::string_view label) { return label.substr(0, label.find('=')); }

std::string_view LabelValue(std::string_view label) { return label.substr(label.find('=') + 1); }

std::vector<Attribute> AttributesOf(const Ids& labels) {
  std::vector<Attribute> attributes;
  for (std::size_t i = 0; i < labels.size(); i = attributes.back().end) {
    attributes.push_back(*FindAttribute(labels, LabelName(labels[i])));
  }
  return attributes;
}

std::optional<Attribute> FindAttribute(const Ids& labels, std::string_view name) {
  const std::string start = std::string(name) + '=';
  const std::size_t begin =
      FirstNot(0, labels.size(), [&](std::size_t i) { return labels[i] < start; });
  if (begin == labels.size() || LabelName(labels[begin]) != name) return std::nullopt;
  const std::size_t end =
      FirstNot(begin, labels.size(), [&](std::size_t i) { return labels[i].starts_with(start); });
  return Attribute{LabelName(labels[begin]), begin, end};
}

std::optional<std::size_t> FindLabel(const Ids& labels, const Attribute& attribute,
                                     std::string_view value) {
  const std::size_t label = FirstNot(attribute.begin, attribute.end,
                                     [&](std::size_t i) { return LabelValue(labels[i]) < value; });
  if (label == attribute.end || LabelValue(labels[label]) != value) return std::nullopt;
  return label;
}

std::size_t CountItems(const ItemAttributes& attributes, const Attribute& attribute,
                       std::size_t items) {
  const auto begin = static_cast<std::size_t>(attributes.items.offsets[attribute.begin]);
  const auto end = static_cast<std::size_t>(attributes.items.offsets[attribute.end]);
  return CountDistinct(attributes.items.items.subspan(begin, end - begin), items);
}

}  // namespace derrd
