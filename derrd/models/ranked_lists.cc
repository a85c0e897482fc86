#include "derrd/models/ranked_lists.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include "derrd/core/error.h"

namespace derrd {
namespace {

[[noreturn]] void FailDamaged(const SafetensorsFile& file, std::string_view what) {
  Fail("{}: {}; the file is damaged, so import the teacher again", file.path(), what);
}

void CheckList(const SafetensorsFile& file, std::span<const std::int32_t> items,
               std::span<const float> scores, std::size_t user,
               std::vector<std::size_t>& users_before) {
  for (const std::int32_t item : items) {
    if (item < 0 || static_cast<std::size_t>(item) >= users_before.size()) {
      FailDamaged(file,
                  fmt::format("list {} holds item {} of {}", user, item, users_before.size()));
    }
    std::size_t& last = users_before[static_cast<std::size_t>(item)];
    if (last == user + 1) FailDamaged(file, fmt::format("list {} holds an item twice", user));
    last = user + 1;
  }
  const bool finite = std::ranges::all_of(scores, [](float x) { return std::isfinite(x); });
  if (!finite || !std::ranges::is_sorted(scores, std::ranges::greater())) {
    FailDamaged(file, fmt::format("the scores of list {} do not fall", user));
  }
}

}  // namespace

RankedLists::RankedLists(std::vector<std::int64_t> offsets, std::vector<std::int32_t> items,
                         std::vector<float> scores, std::size_t item_count)
    : offsets_(std::move(offsets)),
      items_(std::move(items)),
      scores_(std::move(scores)),
      item_count_(item_count),
      stored_item_count_(static_cast<std::int64_t>(item_count)) {}

std::unique_ptr<RankedLists> RankedLists::FromFile(const SafetensorsFile& file) {
  const auto counts = file.Elements<std::int64_t>("item_count");
  const auto offsets = file.Elements<std::int64_t>("lists.offsets");
  const auto items = file.Elements<std::int32_t>("lists.items");
  std::span<const float> scores;
  if (file.Has("lists.scores")) scores = file.Elements<float>("lists.scores");
  const bool fits = counts.size() == 1 && counts[0] >= 0 && !offsets.empty() &&
                    offsets.front() == 0 && std::ranges::is_sorted(offsets) &&
                    offsets.back() == static_cast<std::int64_t>(items.size()) &&
                    (scores.empty() || scores.size() == items.size());
  // No more items than have ids: what a damaged file claims must not exhaust the memory.
  if (!fits || counts[0] >= std::ssize(file.Elements<std::int64_t>("item_ids.offsets"))) {
    FailDamaged(file, "its lists do not fit together");
  }
  std::vector<std::size_t> users_before(static_cast<std::size_t>(counts[0]), 0);
  for (std::size_t user = 0; user + 1 < offsets.size(); ++user) {
    const auto begin = static_cast<std::size_t>(offsets[user]);
    const std::size_t count = static_cast<std::size_t>(offsets[user + 1]) - begin;
    CheckList(file, items.subspan(begin, count),
              scores.empty() ? scores : scores.subspan(begin, count), user, users_before);
  }
  return std::make_unique<RankedLists>(std::vector<std::int64_t>(offsets.begin(), offsets.end()),
                                       std::vector<std::int32_t>(items.begin(), items.end()),
                                       std::vector<float>(scores.begin(), scores.end()),
                                       static_cast<std::size_t>(counts[0]));
}

void RankedLists::Representations(Side, std::span<const std::int32_t>, MatrixView<float>) const {
  Fail(
      "a teacher of the kind '{}' has no representations; choose a method that learns from "
      "rankings",
      kKind);
}

void RankedLists::AddTo(SafetensorsWriter& writer) const {
  writer.Add("item_count", std::span(&stored_item_count_, 1));
  writer.Add("lists.offsets", std::span<const std::int64_t>(offsets_));
  writer.Add("lists.items", std::span<const std::int32_t>(items_));
  if (is_scored()) writer.Add("lists.scores", std::span<const float>(scores_));
}

}  // namespace derrd
