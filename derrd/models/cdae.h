// CDAE, the collaborative denoising auto-encoder (Wu et al., "Collaborative Denoising Auto-Encoders
// for Top-N Recommender Systems", WSDM 2016, section 3): from the items S_u of a user, some of them
// left out at random in training, and a row V_u of the user's own,
//   z_u = sigma( scale * sum_{j in S_u, kept} W_j + V_u + b ),   logit(u, i) = W'_i . z_u + b'_i.
// In training an item is left out with probability `corruption` and scale = 1 / (1 - corruption);
// an answer leaves out none and has scale = 1. The representation of a user is the hidden layer
// z_u, that of an item its decoder row W'_i. Differences from the paper: docs/models.md.
#ifndef DERRD_MODELS_CDAE_H_
#define DERRD_MODELS_CDAE_H_

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "derrd/core/interactions.h"
#include "derrd/models/step_gradients.h"
#include "derrd/models/trainable_model.h"

namespace derrd {

// Its file holds the interactions too, as the input of every user. Memory beside its parameters: a
// row for each user, and 4 bytes an interaction.
class Cdae : public CollectingModel {
 public:
  static constexpr std::string_view kKind = "cdae";

  // V from N(0, 0.01^2); layers uniform, +-1 / sqrt(numbers that go into a unit). corruption: in
  // [0, 1). Refresh() before it is first asked.
  Cdae(const Interactions& lists, std::size_t items, std::size_t width, double corruption,
       std::uint64_t seed);
  static std::unique_ptr<Cdae> FromFile(const SafetensorsFile& file);

  std::string_view kind() const override { return kKind; }
  std::size_t users() const override { return user_.values.rows(); }
  std::size_t items() const override { return item_.values.rows(); }
  std::size_t parameters() const override;
  std::size_t representation_width() const override { return item_.values.cols(); }
  void Representations(Side side, std::span<const std::int32_t> entities,
                       MatrixView<float> out) const override;
  void ScoreAllItems(std::span<const std::int32_t> users, MatrixView<float> out) const override;
  void ScoreItems(std::int32_t user, std::span<const std::int32_t> items,
                  std::span<float> out) const override;
  // By the encoder, with a V of zeros.
  void ScoreAllItemsForLiked(std::span<const std::int32_t> liked,
                             std::span<float> out) const override;
  void AddTo(SafetensorsWriter& writer) const override;

  std::unique_ptr<Model> Copy() const override;
  std::span<EmbeddingTable* const> tables() override { return tables_; }
  std::span<DenseParameter* const> dense_parameters() override { return dense_; }
  void SelectRows(std::span<const std::int32_t> users,
                  std::span<const std::int32_t> items) override;
  void Forward(std::uint32_t step, const Parallel& parallel) override;
  void Scores(const ScoreLists& lists, std::span<float> out, const Parallel& parallel) override;
  void Backward(const Parallel& parallel) override;
  void Refresh(const Parallel& parallel) override;

 private:
  Cdae(const Interactions& lists, std::size_t items, std::size_t width);

  void Encode(std::span<const std::int32_t> kept, float scale, const float* own, float* out) const;
  void SelectInputs(std::span<const std::int32_t> users);
  void BackwardInputs(const Parallel& parallel);

  OwnedInteractions lists_;
  float corruption_ = 0.0f;
  std::uint64_t seed_ = 0;
  EmbeddingTable user_, item_input_, item_, item_bias_;  // V, W, W', b'
  DenseParameter hidden_bias_;                           // b
  std::array<EmbeddingTable*, 4> tables_{&user_, &item_input_, &item_, &item_bias_};
  std::array<DenseParameter*, 1> dense_{&hidden_bias_};
  Matrix<float> hidden_;  // z of every user; in a step, of its users with what it left out

  std::vector<std::int32_t> input_slots_;  // of every item; valid for item_input_.rows
  OwnedInteractions kept_;                 // by slot of a user: what the step did not leave out
};

}  // namespace derrd

#endif  // DERRD_MODELS_CDAE_H_
