#include "derrd/serve/attribute_filter.h"

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <optional>
#include <vector>

#include "derrd/data/item_attributes.h"
#include "derrd/serve/unknown_text.h"

namespace derrd {
namespace {

// The number of the label.
std::size_t LabelOf(const Ids& labels, const WantedValue& wanted) {
  const auto attribute = FindAttribute(labels, wanted.name);
  if (!attribute) {
    const auto all = AttributesOf(labels);
    Fail<UnknownAttribute>(
        "no item has the attribute {}",
        QuotedWithNearest(wanted.name, all.size(), [&](std::size_t i) { return all[i].name; }));
  }
  const auto label = FindLabel(labels, *attribute, wanted.value);
  if (!label) {
    const auto known = [&](std::size_t i) { return LabelValue(labels[attribute->begin + i]); };
    Fail<UnknownAttribute>("of no item the attribute '{}' is {}", wanted.name,
                           QuotedWithNearest(wanted.value, attribute->values(), known));
  }
  return *label;
}

}  // namespace

ItemSet ItemsWhere(const ItemAttributes& attributes, std::size_t item_count,
                   std::span<const WantedValue> wanted) {
  assert(!wanted.empty());
  std::vector<std::size_t> labels;
  for (const WantedValue& value : wanted) labels.push_back(LabelOf(attributes.labels, value));
  std::ranges::sort(labels);  // which brings those of one attribute together
  const auto repeated = std::ranges::unique(labels);
  labels.erase(repeated.begin(), repeated.end());
  std::optional<ItemSet> found;
  for (std::size_t i = 0; i < labels.size();) {
    const std::string_view name = LabelName(attributes.labels[labels[i]]);
    std::vector<std::int32_t> items;
    for (; i < labels.size() && LabelName(attributes.labels[labels[i]]) == name; ++i) {
      const auto of_label = attributes.items.Of(labels[i]);
      items.insert(items.end(), of_label.begin(), of_label.end());
    }
    const ItemSet fitting(item_count, items);
    found = found ? Intersection(*found, fitting) : fitting;
  }
  return *found;
}

}  // namespace derrd
