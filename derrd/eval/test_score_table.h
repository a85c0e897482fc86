// For tests: a model that is nothing but its table of scores, and interactions drawn at random.
#ifndef DERRD_EVAL_TEST_SCORE_TABLE_H_
#define DERRD_EVAL_TEST_SCORE_TABLE_H_

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include "derrd/core/random.h"
#include "derrd/data/dataset.h"
#include "derrd/eval/score_rows.h"
#include "derrd/models/model.h"

namespace derrd {

// Users and items are called by their numbers.
inline const Ids kNone;
inline const Names kIndices{kNone, kNone};

class ScoreTable : public Model {
 public:
  explicit ScoreTable(Matrix<float> scores) : scores_(std::move(scores)) {}

  // Few distinct scores, so that ties abound.
  static ScoreTable WithTies(std::size_t users, std::size_t items, std::uint64_t seed) {
    Matrix<float> scores(users, items);
    RandomStream random(seed, Role::kTest, 0, 0);
    for (float& score : scores.view().elements()) {
      score = static_cast<float>(random.Below(50)) - 25.0f;
    }
    return ScoreTable(std::move(scores));
  }

  float& At(std::size_t user, std::size_t item) { return scores_(user, item); }
  float At(std::size_t user, std::size_t item) const { return scores_(user, item); }

  std::string_view kind() const override { return "score-table"; }
  std::size_t users() const override { return scores_.rows(); }
  std::size_t items() const override { return scores_.cols(); }
  std::size_t parameters() const override { return scores_.size(); }
  std::size_t representation_width() const override { return 0; }
  void Representations(Side, std::span<const std::int32_t>, MatrixView<float>) const override {}

  void ScoreAllItems(std::span<const std::int32_t> users, MatrixView<float> out) const override {
    for (std::size_t u = 0; u < users.size(); ++u) {
      std::copy_n(scores_.row(static_cast<std::size_t>(users[u])), items(), out.row(u));
    }
  }
  void ScoreItems(std::int32_t user, std::span<const std::int32_t> items,
                  std::span<float> out) const override {
    std::ranges::transform(items, out.begin(), [&](std::int32_t item) {
      return At(static_cast<std::size_t>(user), static_cast<std::size_t>(item));
    });
  }
  // The scores of the user whose index is the first liked item's.
  void ScoreAllItemsForLiked(std::span<const std::int32_t> liked,
                             std::span<float> out) const override {
    ScoreAllItems(liked.first(1), {out.data(), 1, items()});
  }
  void AddTo(SafetensorsWriter&) const override {}

 private:
  Matrix<float> scores_;
};

// `most` items or fewer of each user; some users have none.
inline OwnedInteractions RandomInteractions(std::size_t users, std::size_t items, std::size_t most,
                                            std::uint64_t seed) {
  OwnedInteractions interactions;
  for (std::size_t user = 0; user < users; ++user) {
    RandomStream random(seed, Role::kTest, 1, user);
    std::vector<std::int32_t> chosen(random.Below(static_cast<std::uint32_t>(most) + 1));
    for (std::int32_t& item : chosen) {
      item = static_cast<std::int32_t>(random.Below(static_cast<std::uint32_t>(items)));
    }
    std::ranges::sort(chosen);
    const auto repeated = std::ranges::unique(chosen);
    chosen.erase(repeated.begin(), repeated.end());
    interactions.items.insert(interactions.items.end(), chosen.begin(), chosen.end());
    interactions.offsets.push_back(static_cast<std::int64_t>(interactions.items.size()));
  }
  return interactions;
}

}  // namespace derrd

#endif  // DERRD_EVAL_TEST_SCORE_TABLE_H_
