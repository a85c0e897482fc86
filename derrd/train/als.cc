#include "derrd/train/als.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "derrd/eval/evaluator.h"
#include "derrd/eval/item_side.h"

namespace derrd {
namespace {

IalsOptions SolverOptions(const AlsOptions& options, std::size_t width, double l2) {
  return {width, options.unobserved_weight, l2, options.l2_exponent};
}

double ChooseL2(const WeightedLists& pairs, const Dataset& dataset, std::size_t width,
                const AlsOptions& options, std::uint64_t seed, const Parallel& parallel,
                const std::function<void(std::size_t, std::size_t)>& on_trial) {
  constexpr std::int32_t kSweeps = 3;
  constexpr double kGain = 1.02;
  if (dataset.valid().empty()) return kAlsL2s.front();
  const std::string_view metric = MainMetric(dataset.protocol());
  const std::int32_t sweeps = std::min(kSweeps, options.sweeps);
  const std::size_t all = kAlsL2s.size() * static_cast<std::size_t>(sweeps);
  std::size_t done = 0;
  std::array<double, kAlsL2s.size()> found;
  for (std::size_t l = 0; l < kAlsL2s.size(); ++l) {
    Ials ials(pairs.view(), dataset.items(), SolverOptions(options, width, kAlsL2s[l]), seed);
    for (std::int32_t sweep = 0; sweep < sweeps; ++sweep) {
      ials.Sweep(parallel);
      if (on_trial) on_trial(++done, all);
    }
    found[l] = Evaluate(ials.ToModel(), dataset, Split::kValid, parallel).At(metric);
  }
  const auto best = static_cast<std::size_t>(std::ranges::max_element(found) - found.begin());
  return found[best] > kGain * found.front() ? kAlsL2s[best] : kAlsL2s.front();
}

}  // namespace

AlsLists ListsOf(const AlsOptions& options, std::size_t users, std::size_t items,
                 std::size_t interactions) {
  constexpr double kRows = 5;
  const auto cut = [&](std::size_t length, std::size_t all, std::size_t rows) -> std::size_t {
    if (length == 0) return 0;
    const double mean = static_cast<double>(interactions) / static_cast<double>(rows);
    const double most = std::max(options.share * static_cast<double>(all), kRows * mean);
    return std::clamp<std::size_t>(static_cast<std::size_t>(std::min(most, 1e9)), 1, length);
  };
  return {cut(options.items, items, users), cut(options.users, users, items)};
}

WeightedLists AlsPairs(const Model& teacher, const Dataset& dataset, const AlsOptions& options,
                       const Parallel& parallel) {
  const auto [items, users] =
      ListsOf(options, dataset.users(), dataset.items(), dataset.train().size());
  OwnedInteractions best_users;
  const Names names = NamesOf(dataset);
  if (users > 0) best_users = RankUsersUpTo(teacher, dataset.train(), users, names, parallel);
  const OwnedInteractions best_items =
      RankUpTo(teacher, dataset.train(), items, names, parallel, "--als-items");
  return PairsOfRankings(dataset.train(), best_items.view(), options.item_pairs, best_users.view(),
                         options.user_pairs);
}

AlsProblem PrepareAls(const Model& teacher, const Dataset& dataset, std::size_t width,
                      const AlsOptions& options, std::uint64_t seed, const Parallel& parallel,
                      const std::function<void(std::size_t, std::size_t)>& on_trial) {
  WeightedLists pairs = AlsPairs(teacher, dataset, options, parallel);
  const double l2 =
      options.l2 ? *options.l2 : ChooseL2(pairs, dataset, width, options, seed, parallel, on_trial);
  return {std::make_unique<Ials>(std::move(pairs), dataset.items(),
                                 SolverOptions(options, width, l2), seed),
          l2};
}

}  // namespace derrd
