// LightGCN (He et al., "LightGCN: Simplifying and Powering Graph Convolution Network for
// Recommendation", SIGIR 2020). Every user and item has an embedding; what it is asked for is the
// mean of that embedding and of what `layers` rounds of weighted sums over neighbours make of it
// (models/propagation.h). The score is the inner product of two such rows, the representation is
// the row. Differences from the paper: docs/models.md.
#ifndef DERRD_MODELS_LIGHT_GCN_H_
#define DERRD_MODELS_LIGHT_GCN_H_

#include <array>
#include <cstdint>
#include <memory>

#include "derrd/core/interactions.h"
#include "derrd/models/factors.h"
#include "derrd/models/propagation.h"
#include "derrd/models/step_gradients.h"

namespace derrd {

// In training. What it leaves behind (Copy, its file) are the propagated rows alone, which suffice
// to answer. A step moves every row, since every row's gradient is that of all it can reach: the
// optimizer's cost is that of a dense one. Memory beside the tables: four tables of the same size,
// and 16 bytes an interaction.
class LightGcn : public FactorBased<CollectingModel> {
 public:
  static constexpr std::string_view kKind = "lightgcn";

  // Embeddings drawn from N(0, 0.1^2), row by row as functions of the seed. lists: the training
  // interactions, read now and not kept. layers: at least 1. Refresh() before it is first asked.
  LightGcn(const Interactions& lists, std::size_t items, std::size_t width, int layers,
           std::uint64_t seed);
  static std::unique_ptr<Model> FromFile(const SafetensorsFile& file);

  std::string_view kind() const override { return kKind; }
  std::unique_ptr<Model> Copy() const override;

  std::span<EmbeddingTable* const> tables() override { return tables_; }
  std::span<DenseParameter* const> dense_parameters() override { return {}; }
  void SelectRows(std::span<const std::int32_t> users,
                  std::span<const std::int32_t> items) override;
  void Forward(std::uint32_t step, const Parallel& parallel) override;
  void Scores(const ScoreLists& lists, std::span<float> out, const Parallel& parallel) override;
  void Backward(const Parallel& parallel) override;
  void Refresh(const Parallel& parallel) override;

 protected:
  FactorView Rows() const override { return {propagated_user_, propagated_item_}; }

 private:
  FactorView Embeddings() const { return {user_.values, item_.values}; }

  EmbeddingTable user_, item_;
  std::array<EmbeddingTable*, 2> tables_{&user_, &item_};
  Propagation propagation_;
  Matrix<float> propagated_user_, propagated_item_;  // in a step: up to date for its entities
  Matrix<float> user_gradient_, item_gradient_;      // of the propagated rows of the step
};

}  // namespace derrd

#endif  // DERRD_MODELS_LIGHT_GCN_H_
