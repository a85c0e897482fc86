// What a model is to the trainer.
#ifndef DERRD_MODELS_TRAINABLE_MODEL_H_
#define DERRD_MODELS_TRAINABLE_MODEL_H_

#include <cstdint>
#include <span>

#include "derrd/core/parallel.h"
#include "derrd/core/parameter.h"
#include "derrd/models/model.h"

namespace derrd {

// Lists of items to score, one list for one user; a user may have several lists.
struct ScoreLists {
  std::span<const std::int32_t> users;  // one per list
  // lists + 1 numbers: list l holds items [offsets[l], offsets[l+1]). Empty: one item each.
  std::span<const std::int64_t> offsets;
  std::span<const std::int32_t> items;

  bool are_pairs() const { return offsets.empty(); }
  // Where list l <= lists() begins among the items.
  std::size_t begin(std::size_t l) const {
    return are_pairs() ? l : static_cast<std::size_t>(offsets[l]);
  }

  std::size_t lists() const { return users.size(); }
  std::size_t size() const { return items.size(); }
};

// A model in training. A step is: SelectRows; the optimizer brings those rows up to date; Forward;
// any number of Scores / Representations, each answered by Add...Gradients; Backward, after which
// every parameter's gradient is complete; the optimizer moves the parameters. Calls of one step
// come from one thread; work inside runs on the given threads with the same bits at any number of
// them.
class TrainableModel : public Model {
 public:
  // What Model offers, with the parameters as they are now: how the best epoch is kept.
  virtual std::unique_ptr<Model> Copy() const = 0;

  virtual std::span<EmbeddingTable* const> tables() = 0;
  virtual std::span<DenseParameter* const> dense_parameters() = 0;

  // The distinct users and items that this step will ask for. Sets `rows` of every table.
  virtual void SelectRows(std::span<const std::int32_t> users,
                          std::span<const std::int32_t> items) = 0;
  // step: from 0, over the whole run; what the model draws (corruption, dropout) is a function of
  // it.
  virtual void Forward(std::uint32_t step, const Parallel& parallel) = 0;

  // out: lists.size() scores. The lists must stay as they are until Backward.
  virtual void Scores(const ScoreLists& lists, std::span<float> out, const Parallel& parallel) = 0;
  // Adds d(loss)/d(score) for each score of the lists. The gradients, too, must stay as they are
  // until Backward.
  virtual void AddScoreGradients(const ScoreLists& lists, std::span<const float> gradients) = 0;

  // Adds d(loss)/d(representation); gradients: entities.size() x representation_width(), and the
  // entities are distinct within a call.
  virtual void AddRepresentationGradients(Side side, std::span<const std::int32_t> entities,
                                          MatrixView<const float> gradients) = 0;
  virtual void Backward(const Parallel& parallel) = 0;

  // Brings what Model's functions answer from up to date with the parameters (e.g. propagates the
  // embeddings of a graph). Called when parameters have changed outside of a step and before
  // anybody asks between steps.
  virtual void Refresh(const Parallel&) {}
};

}  // namespace derrd

#endif  // DERRD_MODELS_TRAINABLE_MODEL_H_
