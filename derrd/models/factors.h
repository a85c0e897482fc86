// Models whose scores are inner products of a user's and an item's row: how all of them answer.
#ifndef DERRD_MODELS_FACTORS_H_
#define DERRD_MODELS_FACTORS_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "derrd/core/matrix.h"
#include "derrd/core/safetensors.h"
#include "derrd/models/model.h"
#include "derrd/models/trainable_model.h"

namespace derrd {

Matrix<float> CopyOf(MatrixView<const float> rows);

// out[i] = the row of entities[i].
void CopyRepresentations(MatrixView<const float> rows, std::span<const std::int32_t> entities,
                         MatrixView<float> out);
// As in Model.
void ScoreAllItems(const FactorView& factors, std::span<const std::int32_t> users,
                   MatrixView<float> out);
void ScoreItems(const FactorView& factors, std::int32_t user, std::span<const std::int32_t> items,
                std::span<float> out);
void ScoreAllItemsForLiked(const FactorView& factors, std::span<const std::int32_t> liked,
                           std::span<float> out);
// As in TrainableModel::Scores.
void ScoreListsOf(const FactorView& factors, const ScoreLists& lists, std::span<float> out,
                  const Parallel& parallel);

// A tensor of a model file as rows; Error when a number of it is not finite or a row has none.
MatrixView<const float> ReadRows(const SafetensorsFile& file, const std::string& name);
// The same into a parameter; Error when it is of another shape.
void ReadInto(const SafetensorsFile& file, const std::string& name, MatrixView<float> to);
// "user_embedding" and "item_embedding"; Error when their widths differ.
FactorView ReadFactors(const SafetensorsFile& file);
void AddFactorsTo(const FactorView& factors, SafetensorsWriter& writer);

// What such a model answers, given its rows. Base is Model or TrainableModel.
template <typename Base>
class FactorBased : public Base {
 public:
  std::size_t users() const override { return Rows().user.rows(); }
  std::size_t items() const override { return Rows().item.rows(); }
  std::size_t parameters() const override { return Rows().user.size() + Rows().item.size(); }
  std::size_t representation_width() const override { return Rows().user.cols(); }
  std::optional<FactorView> factors() const override { return Rows(); }
  void Representations(Side side, std::span<const std::int32_t> entities,
                       MatrixView<float> out) const override {
    CopyRepresentations(side == Side::kUser ? Rows().user : Rows().item, entities, out);
  }
  void ScoreAllItems(std::span<const std::int32_t> users, MatrixView<float> out) const override {
    derrd::ScoreAllItems(Rows(), users, out);
  }
  void ScoreItems(std::int32_t user, std::span<const std::int32_t> items,
                  std::span<float> out) const override {
    derrd::ScoreItems(Rows(), user, items, out);
  }
  void ScoreAllItemsForLiked(std::span<const std::int32_t> liked,
                             std::span<float> out) const override {
    derrd::ScoreAllItemsForLiked(Rows(), liked, out);
  }
  void AddTo(SafetensorsWriter& writer) const override { AddFactorsTo(Rows(), writer); }

 protected:
  virtual FactorView Rows() const = 0;
};

// Rows that some other training left behind; they can be asked and not trained further. Immutable.
class StoredFactors : public FactorBased<Model> {
 public:
  // kind: a constant that lives as long as the program.
  StoredFactors(std::string_view kind, Matrix<float> user_rows, Matrix<float> item_rows);
  StoredFactors(std::string_view kind, const FactorView& factors);
  // The rows stay where they are; `memory` is what holds them, a mapped file for example.
  StoredFactors(std::string_view kind, const FactorView& factors,
                std::shared_ptr<const void> memory)
      : kind_(kind), rows_(factors), memory_(std::move(memory)) {}

  std::string_view kind() const override { return kind_; }

 protected:
  FactorView Rows() const override { return rows_; }

 private:
  std::string_view kind_;
  FactorView rows_;
  std::shared_ptr<const void> memory_;
};

}  // namespace derrd

#endif  // DERRD_MODELS_FACTORS_H_
