// For tests: the lists that a table of scores makes.
#ifndef DERRD_EVAL_TEST_LISTS_OF_H_
#define DERRD_EVAL_TEST_LISTS_OF_H_

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include "derrd/eval/test_score_table.h"
#include "derrd/models/ranked_lists.h"

namespace derrd {

enum class WithScores { kYes, kNo };

// The `length` best items of each user, of equal ones the lower first.
inline RankedLists ListsOf(const ScoreTable& model, std::size_t length, WithScores with_scores) {
  std::vector<std::int64_t> offsets{0};
  std::vector<std::int32_t> items;
  std::vector<float> scores;
  std::vector<std::int32_t> order(model.items());
  for (std::size_t user = 0; user < model.users(); ++user) {
    const auto score = [&](std::int32_t item) {
      return model.At(user, static_cast<std::size_t>(item));
    };
    std::iota(order.begin(), order.end(), 0);
    std::ranges::stable_sort(order, std::ranges::greater(), score);
    for (std::size_t place = 0; place < length; ++place) {
      items.push_back(order[place]);
      if (with_scores == WithScores::kYes) scores.push_back(score(order[place]));
    }
    offsets.push_back(static_cast<std::int64_t>(items.size()));
  }
  return {std::move(offsets), std::move(items), std::move(scores), model.items()};
}

}  // namespace derrd

#endif  // DERRD_EVAL_TEST_LISTS_OF_H_
