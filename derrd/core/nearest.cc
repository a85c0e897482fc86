#include "derrd/core/nearest.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace derrd {
namespace {

std::size_t LengthDifference(std::string_view a, std::string_view b) {
  return a.size() > b.size() ? a.size() - b.size() : b.size() - a.size();
}

}  // namespace

std::size_t EditDistance(std::string_view a, std::string_view b, std::size_t limit) {
  if (LengthDifference(a, b) > limit) return limit + 1;
  const std::size_t width = b.size() + 1;
  std::vector<std::size_t> before(width), last(width), row(width);  // rows i - 2, i - 1, i
  for (std::size_t j = 0; j < width; ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j < width; ++j) {
      const bool same = a[i - 1] == b[j - 1];
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1)});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    if (std::min(std::ranges::min(row), std::ranges::min(last)) > limit) return limit + 1;
    std::swap(before, last);
    std::swap(last, row);
  }
  return std::min(last[b.size()], limit + 1);
}

std::optional<std::size_t> Nearest(std::string_view text, std::size_t count,
                                   const std::function<std::string_view(std::size_t)>& known) {
  std::optional<std::size_t> nearest;
  std::size_t limit = std::max<std::size_t>(1, text.size() / 3);
  for (std::size_t i = 0; i < count; ++i) {
    const std::string_view candidate = known(i);
    const std::size_t distance = EditDistance(text, candidate, limit);
    if (distance > limit || distance >= std::max(text.size(), candidate.size())) continue;
    nearest = i;
    if (distance == 0) break;
    limit = distance - 1;  // from here on, only what is nearer
  }
  return nearest;
}

std::string DidYouMean(std::string_view text, std::size_t count,
                       const std::function<std::string_view(std::size_t)>& known) {
  const auto nearest = Nearest(text, count, known);
  return nearest ? fmt::format("; did you mean '{}'?", known(*nearest)) : "";
}

std::string DidYouMean(std::string_view text, std::span<const std::string> known) {
  return DidYouMean(text, known.size(), [&](std::size_t i) { return std::string_view(known[i]); });
}

}  // namespace derrd
