// Matrix factorization as BPR trains it (Rendle et al., UAI 2009): the score of a user and an item
// is the inner product of their rows. The representation of an entity is its row.
#ifndef DERRD_MODELS_BPR_MF_H_
#define DERRD_MODELS_BPR_MF_H_

#include <array>
#include <cstdint>
#include <memory>

#include "derrd/models/factors.h"
#include "derrd/models/step_gradients.h"

namespace derrd {

class BprMf : public FactorBased<CollectingModel> {
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
  std::unique_ptr<Model> Copy() const override;

  std::span<EmbeddingTable* const> tables() override { return tables_; }
  std::span<DenseParameter* const> dense_parameters() override { return {}; }
  void SelectRows(std::span<const std::int32_t> users,
                  std::span<const std::int32_t> items) override;
  void Forward(std::uint32_t, const Parallel&) override {}
  void Scores(const ScoreLists& lists, std::span<float> out, const Parallel& parallel) override;
  void Backward(const Parallel& parallel) override;

 protected:
  FactorView Rows() const override { return {user_.values, item_.values}; }

 private:
  EmbeddingTable user_, item_;
  std::array<EmbeddingTable*, 2> tables_{&user_, &item_};
};

}  // namespace derrd

#endif  // DERRD_MODELS_BPR_MF_H_
