// Matrix factorization as BPR trains it (Rendle et al., UAI 2009): the score of a user and an item
// is the inner product of their rows. The representation of an entity is its row.
#ifndef DERRD_MODELS_BPR_MF_H_
#define DERRD_MODELS_BPR_MF_H_

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "derrd/models/trainable_model.h"

namespace derrd {

class BprMf : public TrainableModel {
 public:
  static constexpr std::string_view kKind = "bpr-mf";

  // Tables drawn from N(0, 0.01^2), row by row as functions of the seed.
  BprMf(std::size_t users, std::size_t items, std::size_t width, std::uint64_t seed);
  // Tables given; both have the same number of columns.
  BprMf(MatrixView<const float> user_rows, MatrixView<const float> item_rows);
  static std::unique_ptr<BprMf> FromFile(const SafetensorsFile& file);

  MatrixView<const float> user_rows() const { return user_.values; }
  MatrixView<const float> item_rows() const { return item_.values; }

  std::string_view kind() const override { return kKind; }
  std::size_t users() const override { return user_.values.rows(); }
  std::size_t items() const override { return item_.values.rows(); }
  std::size_t parameters() const override { return user_.values.size() + item_.values.size(); }
  std::size_t representation_width() const override { return user_.values.cols(); }
  void Representations(Side side, std::span<const std::int32_t> entities,
                       MatrixView<float> out) const override;
  void ScoreAllItems(std::span<const std::int32_t> users, MatrixView<float> out) const override;
  void ScoreItems(std::int32_t user, std::span<const std::int32_t> items,
                  std::span<float> out) const override;
  void ScoreAllItemsForLiked(std::span<const std::int32_t> liked,
                             std::span<float> out) const override;
  void AddTo(SafetensorsWriter& writer) const override;

  std::unique_ptr<Model> Copy() const override;

  std::span<EmbeddingTable* const> tables() override { return tables_; }
  std::span<DenseParameter* const> dense_parameters() override { return {}; }
  void SelectRows(std::span<const std::int32_t> users,
                  std::span<const std::int32_t> items) override;
  void Forward(std::uint32_t, const Parallel&) override {}
  void Scores(const ScoreLists& lists, std::span<float> out, const Parallel& parallel) override;
  void AddScoreGradients(const ScoreLists& lists, std::span<const float> gradients) override;
  void AddRepresentationGradients(Side side, std::span<const std::int32_t> entities,
                                  MatrixView<const float> gradients) override;
  void Backward(const Parallel& parallel) override;

 private:
  // One side's part of a step. Slot s of a step is row table->rows[s] of the table.
  struct StepSide {
    EmbeddingTable* table;
    std::vector<std::int32_t> slots;       // of every entity; valid for this step's rows only
    std::vector<std::int64_t> begin;       // pairs of slot s, sorted: [begin[s], begin[s + 1])
    std::vector<std::int32_t> other_rows;  // sorted: the row of the other side
    std::vector<float> weights;            // sorted: d(loss)/d(score)
    struct Direct {
      std::span<const std::int32_t> entities;
      Matrix<float> gradients;
    };
    std::vector<Direct> direct;  // gradients of representations
  };
  // Scores that a loss has asked a gradient of.
  struct Scored {
    ScoreLists lists;
    std::span<const float> gradients;
  };
  template <typename Visit>
  void ForScoredPairs(const Visit& visit) const;
  void SortPairs(StepSide& side) const;
  void AccumulateRows(StepSide& side, const StepSide& other, const Parallel& parallel) const;
  void Bind();

  EmbeddingTable user_, item_;
  std::array<EmbeddingTable*, 2> tables_{};
  StepSide user_step_{}, item_step_{};
  std::vector<Scored> scored_;  // of the step
};

}  // namespace derrd

#endif  // DERRD_MODELS_BPR_MF_H_
