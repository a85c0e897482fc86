#include "derrd/models/bpr_mf.h"

#include <algorithm>
#include <array>
#include <bit>
#include <numeric>

#include "derrd/core/initial_values.h"

namespace derrd {
namespace {

constexpr float kBprMfDeviation = 0.01f;

// Roughly by number (a counting sort by the highest bits), of numbers below `all`: a thread, which
// prefers the same share of the tasks, then meets mostly the same rows at every step, and finds
// them in its caches.
void AssignByNumber(std::span<const std::int32_t> rows, std::size_t all,
                    std::vector<std::int32_t>& sorted) {
  constexpr int kClassBits = 6;
  const int shift = std::max(0, static_cast<int>(std::bit_width(all)) - kClassBits);
  std::array<std::uint32_t, (std::size_t{1} << kClassBits) + 1> next{};
  for (const std::int32_t row : rows) ++next[static_cast<std::size_t>(row >> shift) + 1];
  std::partial_sum(next.begin(), next.end(), next.begin());
  sorted.resize(rows.size());
  for (const std::int32_t row : rows) sorted[next[static_cast<std::size_t>(row >> shift)]++] = row;
}

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
  AssignByNumber(users, user_.values.rows(), user_.rows);
  AssignByNumber(items, item_.values.rows(), item_.rows);
  step_.Begin(user_.rows, user_.values.rows(), item_.rows, item_.values.rows());
}

void BprMf::Scores(const ScoreLists& lists, std::span<float> out, const Parallel& parallel) {
  ScoreListsOf(Rows(), lists, out, parallel);
}

void BprMf::Backward(const Parallel& parallel) {
  step_.SumAll(user_.values, item_.values, user_.gradient, item_.gradient, parallel);
}

}  // namespace derrd
