#include "derrd/models/step_gradients.h"

#include <algorithm>
#include <utility>

#include "derrd/kernels/rows.h"
#include "derrd/kernels/vectors.h"

namespace derrd {
namespace {

constexpr std::size_t kSumGrain = 128;  // rows a task sums gradients for

}  // namespace

void StepGradients::Begin(std::span<const std::int32_t> step_users, std::size_t users,
                          std::span<const std::int32_t> step_items, std::size_t items) {
  const auto begin = [](OneSide& side, std::span<const std::int32_t> entities, std::size_t all) {
    side.entities.assign(entities.begin(), entities.end());
    side.slots.resize(all);
    for (std::size_t s = 0; s < entities.size(); ++s) {
      side.slots[static_cast<std::size_t>(entities[s])] = static_cast<std::int32_t>(s);
    }
    side.direct.clear();
  };
  begin(Of(Side::kUser), step_users, users);
  begin(Of(Side::kItem), step_items, items);
  scored_.clear();
}

void StepGradients::AddRepresentations(Side side, std::span<const std::int32_t> entities,
                                       MatrixView<const float> gradients) {
  Direct direct{entities, {}};
  direct.gradients.Reshape(gradients.rows(), gradients.cols());
  std::ranges::copy(gradients.elements(), direct.gradients.data());
  Of(side).direct.push_back(std::move(direct));
}

std::size_t StepGradients::scored_pairs() const {
  std::size_t pairs = 0;
  for (const Scored& scored : scored_) pairs += scored.lists.size();
  return pairs;
}

// A counting sort by slot.
void StepGradients::SortSide(Side side) {
  OneSide& own = Of(side);
  const bool is_user = side == Side::kUser;
  const auto slot = [&](std::int32_t user, std::int32_t item) {
    return static_cast<std::size_t>(own.slots[static_cast<std::size_t>(is_user ? user : item)]);
  };
  SortedPairs& sorted = own.pairs;
  const std::size_t pairs = scored_pairs();
  sorted.begin.assign(own.entities.size() + 1, 0);
  ForScoredPairs(
      [&](std::int32_t user, std::int32_t item, float) { ++sorted.begin[slot(user, item) + 1]; });
  for (std::size_t s = 1; s < sorted.begin.size(); ++s) sorted.begin[s] += sorted.begin[s - 1];
  sorted.others.resize(pairs);
  sorted.weights.resize(pairs);
  std::vector<std::int64_t> next(sorted.begin.begin(), sorted.begin.end() - 1);
  ForScoredPairs([&](std::int32_t user, std::int32_t item, float gradient) {
    const auto at = static_cast<std::size_t>(next[slot(user, item)]++);
    sorted.others[at] = is_user ? item : user;
    sorted.weights[at] = gradient;
  });
}

void StepGradients::Sort(const Parallel& parallel) {
  parallel.For(2, [&](std::size_t side) { SortSide(side == 0 ? Side::kUser : Side::kItem); });
}

// Each row is summed by one task.
void StepGradients::SumScores(Side side, MatrixView<const float> other_rows,
                              Matrix<float>& gradient, const Parallel& parallel) const {
  const SortedPairs& sorted = pairs(side);
  const std::size_t width = other_rows.cols(), slots = entities(side).size();
  gradient.Reshape(slots, width);
  parallel.ForRanges(slots, kSumGrain, [&](std::size_t begin, std::size_t end) {
    std::fill_n(gradient.row(begin), (end - begin) * width, 0.0f);
    for (std::size_t s = begin; s < end; ++s) {
      const auto first = static_cast<std::size_t>(sorted.begin[s]);
      const auto count = static_cast<std::size_t>(sorted.begin[s + 1]) - first;
      kernels::AddWeightedRows(sorted.weights.data() + first, sorted.others.data() + first, count,
                               other_rows.data(), width, width, gradient.row(s));
    }
  });
}

void StepGradients::AddRepresentationsTo(Side side, std::size_t first_column,
                                         MatrixView<float> gradient,
                                         const Parallel& parallel) const {
  for (const Direct& direct : Of(side).direct) {
    parallel.ForRanges(direct.entities.size(), kSumGrain, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        const auto slot = static_cast<std::size_t>(SlotOf(side, direct.entities[i]));
        kernels::AddScaled(1.0f, direct.gradients.row(i) + first_column, gradient.cols(),
                           gradient.row(slot));
      }
    });
  }
}

}  // namespace derrd
