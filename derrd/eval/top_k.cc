#include "derrd/eval/top_k.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

#include "derrd/kernels/select.h"
#include "derrd/models/ranked_lists.h"

namespace derrd {
namespace {

constexpr std::size_t kChunk = 256;  // scores compared with one threshold

// Of a longer list the last score is estimated first, from this many scores: most of the others
// then never pass the threshold.
constexpr std::size_t kSampled = 2048;
constexpr std::size_t kShortList = 32;
constexpr float kNoFloor = -std::numeric_limits<float>::infinity();

}  // namespace

// A score that k of the scores exceed, all but surely (three standard deviations), and not many
// more than k; kNoFloor where a guess would not pay.
float TopK::LikelyFloor(std::span<const float> scores) {
  if (k_ <= kShortList || scores.size() < 4 * std::max(k_, kSampled)) return kNoFloor;
  const std::size_t stride = scores.size() / kSampled;
  sample_.resize(kSampled);
  for (std::size_t s = 0; s < kSampled; ++s) sample_[s] = scores[s * stride];
  if (!kernels::AllFinite(sample_.data(), kSampled)) return kNoFloor;
  const double expected = static_cast<double>(k_) / static_cast<double>(stride);
  const auto rank = static_cast<std::ptrdiff_t>(expected + 3.0 * std::sqrt(expected)) + 1;
  std::ranges::nth_element(sample_, sample_.begin() + rank, std::ranges::greater());
  return sample_[static_cast<std::size_t>(rank)];
}

void TopK::Scan(std::span<const float> scores, std::size_t begin, std::size_t end) {
  std::array<std::int32_t, kChunk> found;
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

void TopK::SelectAbove(float floor, std::span<const float> scores,
                       std::span<const std::int32_t> excluded) {
  best_.Begin(k_, scores.size(), floor);
  broken_ = false;
  std::size_t begin = 0;
  for (const std::int32_t item : excluded) {
    Scan(scores, begin, static_cast<std::size_t>(item));
    begin = static_cast<std::size_t>(item) + 1;
  }
  Scan(scores, begin, scores.size());
}

std::span<const ScoredItem> TopK::Select(std::span<const float> scores,
                                         std::span<const std::int32_t> excluded,
                                         const Complaint& not_finite) {
  if (k_ == 0) return {};
  const std::size_t wanted = std::min(k_, scores.size() - excluded.size());
  const float floor = LikelyFloor(scores);
  SelectAbove(floor, scores, excluded);
  if (floor > kNoFloor && best_.kept() < wanted) SelectAbove(kNoFloor, scores, excluded);
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

void ForEachTopK(
    const Model& model, const Interactions& excluded, std::size_t k, const Names& names,
    const Parallel& parallel,
    const std::function<void(std::int32_t user, std::span<const ScoredItem> items)>& take) {
  std::vector<std::int32_t> users(model.users());
  std::iota(users.begin(), users.end(), 0);
  ForEachTopK(model, users, excluded, k, names, parallel, take);
}

}  // namespace derrd
