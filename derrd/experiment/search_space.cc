#include "derrd/experiment/search_space.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "derrd/core/error.h"
#include "derrd/core/random.h"

namespace derrd {
namespace {

// The number of combinations, or `limit` + 1 when there are more.
std::size_t Combinations(const std::vector<SearchRange>& ranges, std::size_t limit) {
  std::size_t count = 1;
  for (const SearchRange& range : ranges) {
    if (range.values.empty() && range.from < range.to) return limit + 1;
    count *= std::max<std::size_t>(1, range.values.size());
    if (count > limit) return limit + 1;
  }
  return count;
}

// Three digits are enough, unless they lead out of the range.
std::string Written(double value, const SearchRange& range) {
  if (range.whole) return fmt::format("{:.0f}", std::min(std::floor(value), range.to));
  std::string text = fmt::format("{:.3g}", value);
  const double rounded = std::stod(text);
  return rounded < range.from || rounded > range.to ? fmt::format("{}", value) : text;
}

// The combination of this number, the last range changing fastest.
Flags Combination(const std::vector<SearchRange>& ranges, std::size_t number) {
  Flags reversed;
  for (auto range = ranges.rbegin(); range != ranges.rend(); ++range) {
    const std::size_t count = std::max<std::size_t>(1, range->values.size());
    reversed.Set(range->flag, range->values.empty() ? Written(range->from, *range)
                                                    : range->values[number % count]);
    number /= count;
  }
  Flags flags;
  for (const SearchRange& range : ranges) {
    flags.Set(range.flag, std::string(reversed.ValueOf(range.flag)));
  }
  return flags;
}

std::string Draw(const SearchRange& range, RandomStream& stream) {
  if (!range.values.empty()) {
    return range.values[stream.Below(static_cast<std::uint32_t>(range.values.size()))];
  }
  const double share = stream.Uniform();
  const double end =
      range.whole ? range.to + 1 : range.to;  // both ends as often as what is between
  const double value = range.log
                           ? std::exp(std::log(range.from) + share * std::log(end / range.from))
                           : range.from + share * (end - range.from);
  return Written(value, range);
}

}  // namespace

std::vector<Flags> Trials(SearchKind kind, std::size_t budget,
                          const std::vector<SearchRange>& ranges, std::uint64_t seed) {
  if (ranges.empty()) return {};
  const std::size_t combinations = Combinations(ranges, budget);
  std::vector<Flags> trials;
  if (combinations <= budget) {
    for (std::size_t c = 0; c < combinations; ++c) trials.push_back(Combination(ranges, c));
    return trials;
  }
  if (kind == SearchKind::kGrid) {
    for (const SearchRange& range : ranges) {
      if (range.values.empty()) {
        Fail<UsageError>(
            "{}: a grid needs a list of values and not a range; give one, or search "
            "at random",
            range.flag);
      }
    }
    Fail<UsageError>(
        "{}: the grid has more combinations than the budget of {}; raise the budget, "
        "name fewer values or search at random",
        ranges.front().flag, budget);
  }
  // Coarse ranges repeat themselves now and then; where nearly all is found, so be it.
  constexpr std::size_t kDrawsATrial = 100;
  for (std::size_t d = 0; d < kDrawsATrial * budget && trials.size() < budget; ++d) {
    RandomStream stream(seed, Role::kSearchTrial, 0, d);
    Flags flags;
    for (const SearchRange& range : ranges) flags.Set(range.flag, Draw(range, stream));
    if (std::ranges::find(trials, flags) == trials.end()) trials.push_back(flags);
  }
  return trials;
}

std::vector<Rung> Rungs(SearchKind kind, std::size_t trials, std::int32_t epochs,
                        std::int32_t factor, std::int32_t most) {
  if (kind != SearchKind::kHalving) return {{trials, 0}};
  std::vector<Rung> rungs;
  std::int64_t limit = epochs;
  for (std::size_t left = trials; left > 1;) {
    const bool full = limit >= most;
    rungs.push_back({left, full ? 0 : static_cast<std::int32_t>(limit)});
    if (full) break;
    const auto by = static_cast<std::size_t>(factor);
    left = (left + by - 1) / by;
    limit *= factor;
  }
  return rungs;
}

}  // namespace derrd
