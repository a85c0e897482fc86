#include "derrd/data/numbering.h"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <optional>
#include <utility>

namespace derrd {
namespace {

std::optional<std::int64_t> WholeNumber(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Sorts by value if all ids are numbers ("7" before "007": equal values keep their order).
void SortNumerically(const IdTable& table, std::vector<std::size_t>& order) {
  std::vector<std::pair<std::int64_t, std::size_t>> values;
  values.reserve(order.size());
  for (const std::size_t index : order) {
    const auto value = WholeNumber(table[index]);
    if (!value) return;
    values.emplace_back(*value, index);
  }
  std::sort(values.begin(), values.end());
  std::ranges::transform(values, order.begin(), [](const auto& entry) { return entry.second; });
}

}  // namespace

Numbering Numbering::Of(const IdTable& table, const std::vector<std::uint8_t>& used) {
  assert(used.size() == table.size());
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < used.size(); ++i) {
    if (used[i] != 0) order.push_back(i);
  }
  SortNumerically(table, order);

  Numbering result{std::vector<std::int32_t>(table.size(), -1), {}};
  result.ids.reserve(order.size());
  for (const std::size_t index : order) {
    result.new_number[index] = static_cast<std::int32_t>(result.ids.size());
    result.ids.emplace_back(table[index]);
  }
  return result;
}

void Renumber(const IdTables& tables, std::span<InteractionLog* const> logs,
              DatasetContents& contents) {
  std::vector<std::uint8_t> used_users(tables.users.size(), 0);
  std::vector<std::uint8_t> used_items(tables.items.size(), 0);
  for (const InteractionLog* log : logs) {
    for (const std::int32_t user : log->users) used_users[static_cast<std::size_t>(user)] = 1;
    for (const std::int32_t item : log->items) used_items[static_cast<std::size_t>(item)] = 1;
  }
  const Numbering users = Numbering::Of(tables.users, used_users);
  const Numbering items = Numbering::Of(tables.items, used_items);
  for (InteractionLog* log : logs) {
    users.Apply(log->users);
    items.Apply(log->items);
  }
  contents.user_ids = Ids(users.ids);
  contents.item_ids = Ids(items.ids);
}

}  // namespace derrd
