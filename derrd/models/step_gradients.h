// Collects what the losses of a step ask of a model, and sums it by row.
#ifndef DERRD_MODELS_STEP_GRADIENTS_H_
#define DERRD_MODELS_STEP_GRADIENTS_H_

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "derrd/core/matrix.h"
#include "derrd/core/parallel.h"
#include "derrd/models/model.h"
#include "derrd/models/trainable_model.h"

namespace derrd {

// One side of the scored pairs of a step, sorted by slot: slot s is the s-th entity that Begin()
// was given, its pairs are [begin[s], begin[s + 1]), in the order in which they were added.
struct SortedPairs {
  std::vector<std::int64_t> begin;
  std::vector<std::int32_t> others;  // the entity of the other side
  std::vector<float> weights;        // d(loss)/d(score)
};

// Begin; any number of AddScores and AddRepresentations; SumAll, or Sort and then the sums. One
// step after the other; not thread-safe. Every sum has a fixed order.
class StepGradients {
 public:
  // The distinct entities of the step; users and items: how many there are of each at all.
  void Begin(std::span<const std::int32_t> step_users, std::size_t users,
             std::span<const std::int32_t> step_items, std::size_t items);
  void AddScores(const ScoreLists& lists, std::span<const float> gradients) {
    scored_.push_back({lists, gradients});
  }
  // Copies the gradients.
  void AddRepresentations(Side side, std::span<const std::int32_t> entities,
                          MatrixView<const float> gradients);

  std::span<const std::int32_t> entities(Side side) const { return Of(side).entities; }
  bool Holds(Side side, std::int32_t entity) const {
    const auto slot = static_cast<std::size_t>(SlotOf(side, entity));
    const auto& members = Of(side).entities;
    return slot < members.size() && members[slot] == entity;
  }
  // Of an entity of the step; anything for another one.
  std::int32_t SlotOf(Side side, std::int32_t entity) const {
    return Of(side).slots[static_cast<std::size_t>(entity)];
  }

  void Sort(const Parallel& parallel);
  const SortedPairs& pairs(Side side) const { return Of(side).pairs; }
  // After Sort. gradient (reshaped: slots x width): row s = sum over its pairs of weight * the
  // other side's row, which is what an inner product of rows asks for.
  void SumScores(Side side, MatrixView<const float> other_rows, Matrix<float>& gradient,
                 const Parallel& parallel) const;
  // Adds columns [first_column, first_column + gradient.cols()) of what was added for
  // representations. gradient: slots x width.
  void AddRepresentationsTo(Side side, std::size_t first_column, MatrixView<float> gradient,
                            const Parallel& parallel) const;

  // Sort, SumScores and AddRepresentationsTo of both sides' whole rows: all that a model of inner
  // products asks for.
  void SumAll(MatrixView<const float> user_rows, MatrixView<const float> item_rows,
              Matrix<float>& user_gradient, Matrix<float>& item_gradient, const Parallel& parallel);

 private:
  struct Direct {
    std::span<const std::int32_t> entities;
    Matrix<float> gradients;
  };
  struct OneSide {
    std::vector<std::int32_t> entities;
    std::vector<std::int32_t> slots;  // of every entity; valid for this step's alone
    SortedPairs pairs;
    std::vector<Direct> direct;  // gradients of representations
  };
  struct Scored {
    ScoreLists lists;
    std::span<const float> gradients;
  };
  // Calls visit(user, items, gradients) for every scored list, in the order in which they came.
  template <typename Visit>
  void ForLists(const Visit& visit) const {
    for (const auto& [lists, gradients] : scored_) {
      for (std::size_t l = 0; l < lists.lists(); ++l) {
        const std::size_t begin = lists.begin(l), count = lists.begin(l + 1) - begin;
        visit(lists.users[l], lists.items.subspan(begin, count), gradients.subspan(begin, count));
      }
    }
  }
  void SortUsers();
  void SortItems();
  OneSide& Of(Side side) { return sides_[side == Side::kUser ? 0 : 1]; }
  const OneSide& Of(Side side) const { return sides_[side == Side::kUser ? 0 : 1]; }

  std::array<OneSide, 2> sides_;
  std::vector<Scored> scored_;
};

// A model that collects what a step asks of it.
class CollectingModel : public TrainableModel {
 public:
  void AddScoreGradients(const ScoreLists& lists, std::span<const float> gradients) final {
    step_.AddScores(lists, gradients);
  }
  void AddRepresentationGradients(Side side, std::span<const std::int32_t> entities,
                                  MatrixView<const float> gradients) final {
    step_.AddRepresentations(side, entities, gradients);
  }

 protected:
  StepGradients step_;
};

}  // namespace derrd

#endif  // DERRD_MODELS_STEP_GRADIENTS_H_
