// NeuMF (He et al., "Neural Collaborative Filtering", WWW 2017, section 3.4): with p, q the GMF
// rows and s, t the MLP rows of a user and an item, the logit is
//   w . (p * q) + v . h_last + b,   h_0 = max(s W_user + t W_item + b_0, 0),
// with the further ReLU layers of models/relu_tower.h between h_0 and h_last. The first layer of
// the paper, [s, t] W, is written as the sum of two products: each is computed once an entity and
// not once a pair. The representation of an entity is its GMF and its MLP row side by side.
// Widths, initial values and differences from the paper: docs/models.md.
#ifndef DERRD_MODELS_NEU_MF_H_
#define DERRD_MODELS_NEU_MF_H_

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "derrd/models/relu_tower.h"
#include "derrd/models/step_gradients.h"
#include "derrd/models/trainable_model.h"

namespace derrd {

struct NeuMfShape {
  std::size_t users, items;
  std::size_t gmf_width, mlp_width;        // of a row, >= 1
  std::vector<std::size_t> hidden_widths;  // of h_0, h_1, ...; at least one

  // A representation of `width` numbers, half of it GMF's; each layer is half as wide as what goes
  // into it. width >= 2, layers >= 1.
  static NeuMfShape For(std::size_t users, std::size_t items, std::size_t width, int layers);
};

// Memory beside its parameters: a row as wide as a representation for each user and item; in a step
// h_0 of every scored pair.
class NeuMf : public CollectingModel {
 public:
  static constexpr std::string_view kKind = "neumf";

  // Rows from N(0, 0.01^2), layers uniform after Glorot and Bengio (2010), biases zero.
  // Refresh() before it is first asked.
  NeuMf(const NeuMfShape& shape, std::uint64_t seed);
  static std::unique_ptr<NeuMf> FromFile(const SafetensorsFile& file);

  std::string_view kind() const override { return kKind; }
  std::size_t users() const override { return user_gmf_.values.rows(); }
  std::size_t items() const override { return item_gmf_.values.rows(); }
  std::size_t parameters() const override;
  std::size_t representation_width() const override {
    return user_gmf_.values.cols() + user_mlp_.values.cols();
  }
  void Representations(Side side, std::span<const std::int32_t> entities,
                       MatrixView<float> out) const override;
  void ScoreAllItems(std::span<const std::int32_t> users, MatrixView<float> out) const override;
  void ScoreItems(std::int32_t user, std::span<const std::int32_t> items,
                  std::span<float> out) const override;
  // Error: a network has no closed form for somebody it has not met.
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
  explicit NeuMf(const NeuMfShape& shape);

  const float* FirstWeights(Side side) const {
    return first_weights_.values.row(side == Side::kUser ? 0 : user_mlp_.values.cols());
  }
  void Project(Side side, std::span<const std::int32_t> entities, const Parallel& parallel);
  void FirstLayer(const std::int32_t* users, const std::int32_t* items,
                  MatrixView<float> out) const;
  void ScoreBlock(const std::int32_t* users, const std::int32_t* items, std::span<float> out,
                  ReluTower::Block& block) const;
  void BackwardTower(const Parallel& parallel);
  void BackwardFirstLayer(const Parallel& parallel);
  void BackwardProjection(Side side, const Parallel& parallel);
  void BackwardGmf(const Parallel& parallel);

  EmbeddingTable user_gmf_, item_gmf_, user_mlp_, item_mlp_;
  DenseParameter first_weights_;  // [W_user; W_item]
  DenseParameter first_bias_, output_gmf_, output_bias_;
  ReluTower tower_;
  std::array<EmbeddingTable*, 4> tables_{&user_gmf_, &item_gmf_, &user_mlp_, &item_mlp_};
  std::vector<DenseParameter*> dense_;

  // What pairs are scored from; in a step up to date for its entities.
  Matrix<float> weighted_user_gmf_;                  // w * p
  Matrix<float> user_projection_, item_projection_;  // s W_user + b_0, t W_item

  // The scored pairs of a step, by user, and the gradients of their s W_user + t W_item + b_0.
  std::vector<std::int32_t> pair_users_;
  Matrix<float> first_gradient_;
  std::vector<std::vector<Matrix<float>>> slice_sums_;
  std::array<Matrix<float>, 2> projection_gradient_;  // by slot, of users and of items
};

}  // namespace derrd

#endif  // DERRD_MODELS_NEU_MF_H_
