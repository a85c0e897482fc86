// What models are that have no score for any user and item.
#ifndef DERRD_MODELS_UNSCORED_H_
#define DERRD_MODELS_UNSCORED_H_

#include <cstdint>
#include <span>

#include "derrd/models/model.h"

namespace derrd {

// Whoever asks for a score all the same gets an Error that says what the model is.
class Unscored : public Model {
 public:
  bool has_scores() const final { return false; }
  void ScoreAllItems(std::span<const std::int32_t>, MatrixView<float>) const final { Refuse(); }
  void ScoreItems(std::int32_t, std::span<const std::int32_t>, std::span<float>) const final {
    Refuse();
  }
  void ScoreAllItemsForLiked(std::span<const std::int32_t>, std::span<float>) const final {
    Refuse();
  }

 private:
  [[noreturn]] void Refuse() const;
};

}  // namespace derrd

#endif  // DERRD_MODELS_UNSCORED_H_
