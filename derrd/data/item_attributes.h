// What is known of items (a category, a language, tags), from a table with a column an attribute.
#ifndef DERRD_DATA_ITEM_ATTRIBUTES_H_
#define DERRD_DATA_ITEM_ATTRIBUTES_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "derrd/core/ids.h"
#include "derrd/data/dataset.h"

namespace derrd {

struct AttributeTable {
  OwnedAttributes attributes;
  std::size_t described = 0;  // items with a value
  std::size_t unknown = 0;    // lines about items that the data set does not have
};

// Reads a table with a header: the first column is the item's id, each other one an attribute of
// the header's name. CSV, TSV, RecBole .item; compressed or not. A cell holds values separated by
// '|', or by spaces in a RecBole sequence ("class:token_seq"); spaces around a value are left off,
// and an empty one is none. Several lines about an item add up. Error that names the line for a
// header that is missing or has no attributes, a name that is empty, holds '=' or is given twice,
// another number of fields, and what is not UTF-8. O(n log n) time and memory of 8 bytes a value of
// an item.
AttributeTable ReadItemAttributes(const std::string& path, const Ids& item_ids);

// The parts of a label "name=value".
std::string_view LabelName(std::string_view label);
std::string_view LabelValue(std::string_view label);

// The labels of one attribute: they lie side by side, at begin ... end - 1, by ascending value.
struct Attribute {
  std::string_view name;
  std::size_t begin = 0, end = 0;

  std::size_t values() const { return end - begin; }
};

// labels: those of ItemAttributes. The attributes in the order of their labels. O(log labels) each.
std::vector<Attribute> AttributesOf(const Ids& labels);
// The attribute of this name, nothing when there is none; the number of its label with this value.
// O(log labels).
std::optional<Attribute> FindAttribute(const Ids& labels, std::string_view name);
std::optional<std::size_t> FindLabel(const Ids& labels, const Attribute& attribute,
                                     std::string_view value);
// How many items have a value of the attribute. items: of the data set. O(items + their values).
std::size_t CountItems(const ItemAttributes& attributes, const Attribute& attribute,
                       std::size_t items);

}  // namespace derrd

#endif  // DERRD_DATA_ITEM_ATTRIBUTES_H_
