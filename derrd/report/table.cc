#include "derrd/report/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <utility>

namespace derrd {
namespace {

// Code points, which is near enough to columns on a terminal.
std::size_t Width(const std::string& text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string Escaped(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '|') escaped += '\\';
    escaped += c == '\n' || c == '\r' || c == '\t' ? ' ' : c;
  }
  return escaped;
}

std::string Padded(const std::string& text, std::size_t width, Table::Align align) {
  const std::string spaces(width - Width(text), ' ');
  return align == Table::Align::kLeft ? text + spaces : spaces + text;
}

std::string Rule(std::size_t width, Table::Align align) {
  std::string rule(width, '-');
  (align == Table::Align::kLeft ? rule.front() : rule.back()) = ':';
  return rule;
}

}  // namespace

void Table::AddColumn(std::string title, Align align) {
  titles_.push_back(std::move(title));
  aligns_.push_back(align);
}

void Table::AddRow(std::vector<std::string> cells) {
  assert(cells.size() == columns());
  rows_.push_back(std::move(cells));
}

std::string Table::ToMarkdown() const {
  constexpr std::size_t kLeastWidth = 2;  // a rule is at least "-:"
  std::vector<std::size_t> widths;
  for (std::size_t c = 0; c < columns(); ++c) {
    std::size_t width = std::max(kLeastWidth, Width(Escaped(titles_[c])));
    for (const auto& row : rows_) width = std::max(width, Width(Escaped(row[c])));
    widths.push_back(width);
  }
  std::string text;
  const auto add_line = [&](const auto& cell) {
    for (std::size_t c = 0; c < columns(); ++c) text.append("| ").append(cell(c)).append(" ");
    text += "|\n";
  };
  add_line([&](std::size_t c) { return Padded(Escaped(titles_[c]), widths[c], aligns_[c]); });
  add_line([&](std::size_t c) { return Rule(widths[c], aligns_[c]); });
  for (const auto& row : rows_) {
    add_line([&](std::size_t c) { return Padded(Escaped(row[c]), widths[c], aligns_[c]); });
  }
  return text;
}

std::string WithThousands(std::uint64_t count) {
  std::string digits = std::to_string(count);
  for (std::size_t end = digits.size(); end > 3; end -= 3) digits.insert(end - 3, 1, ',');
  return digits;
}

std::string HumanBytes(std::uint64_t bytes) {
  constexpr std::array<const char*, 5> kUnits = {"KiB", "MiB", "GiB", "TiB", "PiB"};
  if (bytes < 1024) return fmt::format("{} B", bytes);
  double value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  while (value >= 1023.95 && unit + 1 < kUnits.size()) {  // so that none prints as 1024.0
    value /= 1024;
    ++unit;
  }
  return fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::string Percent(double share) { return fmt::format("{:.1f} %", 100 * share); }

}  // namespace derrd
