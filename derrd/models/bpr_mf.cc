#include "derrd/models/bpr_mf.h"

#include <algorithm>

#include "derrd/core/initial_values.h"

namespace derrd {
namespace {

constexpr float kBprMfDeviation = 0.01f;

}  // namespace

BprMf::BprMf(std::size_t users, std::size_t items, std::size_t width, std::uint64_t seed)
    : user_(Side::kUser, "user_embedding", users, width),
      item_(Side::kItem, "item_embedding", items, width) {
  DrawNormalRows(user_.values, kBprMfDeviation, seed, Role::kInitialUser, 0);
  DrawNormalRows(item_.values, kBprMfDeviation, seed, Role::kInitialItem, 0);
}

BprMf::BprMf(MatrixView<const float> user_rows, MatrixView<const float> item_rows)
    : user_(Side::kUser, "user_embedding", user_rows.rows(), user_rows.cols()),
      item_(Side::kItem, "item_embedding", item_rows.rows(), item_rows.cols()) {
  std::ranges::copy(user_rows.elements(), user_.values.data());
  std::ranges::copy(item_rows.elements(), item_.values.data());
}

std::unique_ptr<BprMf> BprMf::FromFile(const SafetensorsFile& file) {
  const FactorView factors = ReadFactors(file);
  return std::make_unique<BprMf>(factors.user, factors.item);
}

std::unique_ptr<Model> BprMf::Copy() const {
  return std::make_unique<BprMf>(user_.values, item_.values);
}

void BprMf::SelectRows(std::span<const std::int32_t> users, std::span<const std::int32_t> items) {
  user_.rows.assign(users.begin(), users.end());
  item_.rows.assign(items.begin(), items.end());
  step_.Begin(users, user_.values.rows(), items, item_.values.rows());
}

void BprMf::Scores(const ScoreLists& lists, std::span<float> out, const Parallel& parallel) {
  ScoreListsOf(Rows(), lists, out, parallel);
}

void BprMf::Backward(const Parallel& parallel) {
  step_.Sort(parallel);
  step_.SumAll(Side::kUser, item_.values, user_.gradient, parallel);
  step_.SumAll(Side::kItem, user_.values, item_.gradient, parallel);
}

}  // namespace derrd
