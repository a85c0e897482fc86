#include "derrd/models/light_gcn.h"

#include <numeric>

#include "derrd/core/initial_values.h"

namespace derrd {
namespace {

constexpr float kLightGcnDeviation = 0.1f;

}  // namespace

LightGcn::LightGcn(const Interactions& lists, std::size_t items, std::size_t width, int layers,
                   std::uint64_t seed)
    : user_(Side::kUser, "user_embedding", lists.users(), width),
      item_(Side::kItem, "item_embedding", items, width),
      propagation_(lists, items, layers),
      propagated_user_(lists.users(), width),
      propagated_item_(items, width) {
  DrawNormalRows(user_.values, kLightGcnDeviation, seed, Role::kInitialUser, 0);
  DrawNormalRows(item_.values, kLightGcnDeviation, seed, Role::kInitialItem, 0);
  for (EmbeddingTable* table : tables_) {
    table->rows.resize(table->values.rows());
    std::iota(table->rows.begin(), table->rows.end(), 0);
  }
}

std::unique_ptr<Model> LightGcn::FromFile(const SafetensorsFile& file) {
  return std::make_unique<StoredFactors>(kKind, ReadFactors(file));
}

std::unique_ptr<Model> LightGcn::Copy() const {
  return std::make_unique<StoredFactors>(kKind, Rows());
}

void LightGcn::SelectRows(std::span<const std::int32_t> users,
                          std::span<const std::int32_t> items) {
  step_.Begin(users, user_.values.rows(), items, item_.values.rows());
}

void LightGcn::Forward(std::uint32_t, const Parallel& parallel) {
  propagation_.Forward(Embeddings(), &step_, {propagated_user_, propagated_item_}, parallel);
}

void LightGcn::Refresh(const Parallel& parallel) {
  propagation_.Forward(Embeddings(), nullptr, {propagated_user_, propagated_item_}, parallel);
}

void LightGcn::Scores(const ScoreLists& lists, std::span<float> out, const Parallel& parallel) {
  ScoreListsOf(Rows(), lists, out, parallel);
}

void LightGcn::Backward(const Parallel& parallel) {
  step_.SumAll(propagated_user_, propagated_item_, user_gradient_, item_gradient_, parallel);
  for (EmbeddingTable* table : tables_) {
    table->gradient.Reshape(table->values.rows(), table->values.cols());
  }
  propagation_.Backward(step_, user_gradient_, item_gradient_, {user_.gradient, item_.gradient},
                        parallel);
}

}  // namespace derrd
