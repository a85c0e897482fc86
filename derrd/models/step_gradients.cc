#include "derrd/models/step_gradients.h"

#include <hwy/cache_control.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "derrd/kernels/rows.h"
#include "derrd/kernels/vectors.h"

namespace derrd {
namespace {

constexpr std::size_t kSumGrain = 128;   // rows a task sums gradients for
constexpr std::size_t kSlotsAhead = 64;  // entities whose slots are asked for

// From begin[s + 1] = pairs of slot s to where they begin; makes room for them. Returns where the
// next of each slot goes.
std::vector<std::int64_t> BeginPlaces(SortedPairs& sorted) {
  std::partial_sum(sorted.begin.begin(), sorted.begin.end(), sorted.begin.begin());
  const auto pairs = static_cast<std::size_t>(sorted.begin.back());
  sorted.others.resize(pairs);
  sorted.weights.resize(pairs);
  return {sorted.begin.begin(), sorted.begin.end() - 1};
}

}  // namespace

void StepGradients::Begin(std::span<const std::int32_t> step_users, std::size_t users,
                          std::span<const std::int32_t> step_items, std::size_t items) {
  const auto begin = [](OneSide& side, std::span<const std::int32_t> entities, std::size_t all) {
    side.entities.assign(entities.begin(), entities.end());
    side.slots.resize(all);
    for (std::size_t s = 0; s < entities.size(); ++s) {
      if (s + kSlotsAhead < entities.size()) {
        hwy::Prefetch(&side.slots[static_cast<std::size_t>(entities[s + kSlotsAhead])]);
      }
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

// Both are counting sorts by slot. A list is a user's as a whole.
void StepGradients::SortUsers() {
  OneSide& own = Of(Side::kUser);
  SortedPairs& sorted = own.pairs;
  const auto slot = [&](std::int32_t user) {
    return static_cast<std::size_t>(SlotOf(Side::kUser, user));
  };
  sorted.begin.assign(own.entities.size() + 1, 0);
  ForLists([&](std::int32_t user, std::span<const std::int32_t> items, std::span<const float>) {
    sorted.begin[slot(user) + 1] += std::ssize(items);
  });
  std::vector<std::int64_t> next = BeginPlaces(sorted);
  ForLists([&](std::int32_t user, std::span<const std::int32_t> items,
               std::span<const float> gradients) {
    std::int64_t& at = next[slot(user)];
    for (std::size_t p = 0; p < items.size(); ++p, ++at) {  // of many lists one item is all
      sorted.others[static_cast<std::size_t>(at)] = items[p];
      sorted.weights[static_cast<std::size_t>(at)] = gradients[p];
    }
  });
}

void StepGradients::SortItems() {
  OneSide& own = Of(Side::kItem);
  SortedPairs& sorted = own.pairs;
  const auto slot = [&](std::int32_t item) {
    return static_cast<std::size_t>(SlotOf(Side::kItem, item));
  };
  sorted.begin.assign(own.entities.size() + 1, 0);
  for (const Scored& scored : scored_) {
    for (const std::int32_t item : scored.lists.items) ++sorted.begin[slot(item) + 1];
  }
  std::vector<std::int64_t> next = BeginPlaces(sorted);
  ForLists([&](std::int32_t user, std::span<const std::int32_t> items,
               std::span<const float> gradients) {
    for (std::size_t p = 0; p < items.size(); ++p) {
      const auto at = static_cast<std::size_t>(next[slot(items[p])]++);
      sorted.others[at] = user;
      sorted.weights[at] = gradients[p];
    }
  });
}

void StepGradients::Sort(const Parallel& parallel) {
  parallel.For(2, [&](std::size_t side) { side == 0 ? SortUsers() : SortItems(); });
}

// Each row is summed by one task.
void StepGradients::SumScores(Side side, MatrixView<const float> other_rows,
                              Matrix<float>& gradient, const Parallel& parallel) const {
  const SortedPairs& sorted = pairs(side);
  gradient.Reshape(entities(side).size(), other_rows.cols());
  parallel.ForRanges(gradient.rows(), kSumGrain, [&](std::size_t begin, std::size_t end) {
    kernels::SumWeightedLists(sorted.weights.data(), sorted.others.data(),
                              sorted.begin.data() + begin, end - begin, other_rows.data(),
                              other_rows.cols(), gradient.row(begin));
  });
}

void StepGradients::SumAll(MatrixView<const float> user_rows, MatrixView<const float> item_rows,
                           Matrix<float>& user_gradient, Matrix<float>& item_gradient,
                           const Parallel& parallel) {
  parallel.For(2, [&](std::size_t side) {
    if (side == 0) {
      SortUsers();
      SumScores(Side::kUser, item_rows, user_gradient, parallel);
      AddRepresentationsTo(Side::kUser, 0, user_gradient, parallel);
    } else {
      SortItems();
      SumScores(Side::kItem, user_rows, item_gradient, parallel);
      AddRepresentationsTo(Side::kItem, 0, item_gradient, parallel);
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
