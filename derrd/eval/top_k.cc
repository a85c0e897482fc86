#include "derrd/eval/top_k.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>

#include "derrd/kernels/select.h"
#include "derrd/models/ranked_lists.h"

namespace derrd {
namespace {

constexpr std::size_t kChunk = 256;  // scores compared with one threshold

}  // namespace

void TopK::Scan(std::span<const float> scores, std::size_t begin, std::size_t end) {
  std::array<std::int32_t, kChunk + kernels::kSelectSlack> found;
  for (; begin < end; begin += kChunk) {
    const std::size_t n = std::min(kChunk, end - begin);
    const std::size_t count =
        kernels::SelectAbove(scores.data() + begin, n, best_.threshold(), found.data());
    for (std::size_t f = 0; f < count; ++f) {
      const std::size_t item = begin + static_cast<std::size_t>(found[f]);
      if (scores[item] <= best_.threshold()) continue;  // it may have risen since
      if (std::isfinite(scores[item])) {
        best_.Offer(scores[item], item);
      } else {
        broken_ = true;
      }
    }
  }
}

std::span<const ScoredItem> TopK::Select(std::span<const float> scores,
                                         std::span<const std::int32_t> excluded,
                                         const Complaint& not_finite) {
  if (k_ == 0) return {};
  const std::size_t wanted = std::min(k_, scores.size() - excluded.size());
  best_.Begin(k_, scores.size());
  broken_ = false;
  std::size_t begin = 0;
  for (const std::int32_t item : excluded) {
    Scan(scores, begin, static_cast<std::size_t>(item));
    begin = static_cast<std::size_t>(item) + 1;
  }
  Scan(scores, begin, scores.size());
  // A score of -infinity is never kept, so it shows as a list that is too short.
  if (broken_ || best_.kept() < wanted) {
    for (std::size_t i = 0; i < scores.size(); ++i) {
      const auto item = static_cast<std::int32_t>(i);
      if (!std::isfinite(scores[i]) && !std::ranges::binary_search(excluded, item)) {
        not_finite(item, scores[i]);
      }
    }
  }
  return best_.Take();
}

namespace {

constexpr std::size_t kReadGrain = 64;  // users whose lists a task reads

void ForEachListTop(
    const RankedLists& lists, std::span<const std::int32_t> users, const Interactions& excluded,
    std::size_t k, const Parallel& parallel,
    const std::function<void(std::int32_t user, std::span<const ScoredItem> items)>& take) {
  parallel.ForRanges(users.size(), kReadGrain, [&](std::size_t begin, std::size_t end) {
    std::vector<ScoredItem> best;
    for (std::size_t u = begin; u < end; ++u) {
      const auto user = static_cast<std::size_t>(users[u]);
      const auto list = lists.Of(user);
      const auto left_out = excluded.OfOrNone(user);
      best.clear();
      for (std::size_t place = 0; place < list.size() && best.size() < k; ++place) {
        if (std::ranges::binary_search(left_out, list[place])) continue;
        best.push_back({list[place], lists.ScoreAt(user, place)});
      }
      take(users[u], best);
    }
  });
}

}  // namespace

void ForEachTopK(
    const Model& model, std::span<const std::int32_t> users, const Interactions& excluded,
    std::size_t k, const Names& names, const Parallel& parallel,
    const std::function<void(std::int32_t user, std::span<const ScoredItem> items)>& take) {
  if (model.lists() != nullptr) {
    return ForEachListTop(*model.lists(), users, excluded, k, parallel, take);
  }
  std::vector<TopK> selectors(kUserSlices, TopK(k));
  ForEachScoreRow(model, users, parallel,
                  [&](std::size_t slice, std::int32_t user, std::span<const float> scores) {
                    take(user, selectors[slice].Select(
                                   scores, excluded.OfOrNone(static_cast<std::size_t>(user)),
                                   [&](std::int32_t item, float score) {
                                     FailNotFinite(names, user, item, score);
                                   }));
                  });
}

}  // namespace derrd
