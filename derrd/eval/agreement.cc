#include "derrd/eval/agreement.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "derrd/core/error.h"
#include "derrd/eval/score_rows.h"
#include "derrd/eval/top_k.h"

namespace derrd {
namespace {

constexpr std::array<std::size_t, 2> kDepths = {10, 50};
constexpr std::size_t kMostUsers = 10000;

std::vector<std::int32_t> SomeUsers(std::size_t users) {
  const std::size_t count = std::min(users, kMostUsers);
  std::vector<std::int32_t> some(count);
  for (std::size_t i = 0; i < count; ++i) some[i] = static_cast<std::int32_t>(i * users / count);
  return some;
}

// The top of each of the users, best first, in the users' order.
std::vector<std::vector<std::int32_t>> Tops(const Model& model, const Interactions& train,
                                            const Names& names,
                                            const std::vector<std::int32_t>& users,
                                            const Parallel& parallel) {
  std::vector<std::vector<std::int32_t>> tops(users.size());
  ForEachTopK(model, users, train, kDepths.back(), names, parallel,
              [&](std::int32_t user, std::span<const ScoredItem> items) {
                const auto at = std::ranges::lower_bound(users, user) - users.begin();
                auto& top = tops[static_cast<std::size_t>(at)];
                for (const ScoredItem& item : items) top.push_back(item.item);
              });
  return tops;
}

double Shared(std::vector<std::int32_t> a, std::vector<std::int32_t> b, std::size_t depth) {
  a.resize(std::min(depth, a.size()));
  b.resize(std::min(depth, b.size()));
  std::ranges::sort(a);
  std::ranges::sort(b);
  std::vector<std::int32_t> both;
  std::ranges::set_intersection(a, b, std::back_inserter(both));
  return static_cast<double>(both.size()) / static_cast<double>(std::max(a.size(), b.size()));
}

}  // namespace

Metrics TopKOverlap(const Model& a, const Model& b, const Dataset& dataset,
                    const Parallel& parallel) {
  return TopKOverlap(a, b, dataset.train(), NamesOf(dataset), parallel);
}

Metrics TopKOverlap(const Model& a, const Model& b, const Interactions& train, const Names& names,
                    const Parallel& parallel) {
  const std::vector<std::int32_t> users = SomeUsers(a.users());
  const auto tops_a = Tops(a, train, names, users, parallel);
  const auto tops_b = Tops(b, train, names, users, parallel);
  Metrics metrics;
  for (const std::size_t depth : kDepths) {
    std::vector<double> shares;
    for (std::size_t u = 0; u < users.size(); ++u) {
      if (tops_a[u].empty() && tops_b[u].empty()) continue;
      shares.push_back(Shared(tops_a[u], tops_b[u], depth));
    }
    if (shares.empty()) Fail("no user has an item outside its training set to be recommended");
    metrics.Add(fmt::format("overlap@{}", depth),
                TreeSum(shares) / static_cast<double>(shares.size()));
  }
  return metrics;
}

}  // namespace derrd
