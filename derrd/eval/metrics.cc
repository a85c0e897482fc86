#include "derrd/eval/metrics.h"

#include <algorithm>
#include <cmath>

#include "derrd/core/error.h"

namespace derrd {
namespace {

constexpr std::array<std::string_view, MetricSums::kKinds> kNames = {"HR", "NDCG", "MRR", "Recall"};

double Gain(std::size_t rank) { return 1.0 / std::log2(1.0 + static_cast<double>(rank)); }

// The gains of ranks 1, 2, ... summed: IdealGain(n) is the best that n relevant items can reach.
double IdealGain(std::size_t relevant) {
  static const auto kSums = [] {
    std::array<double, kCutoffs.back() + 1> sums{};
    for (std::size_t rank = 1; rank < sums.size(); ++rank) sums[rank] = sums[rank - 1] + Gain(rank);
    return sums;
  }();
  return kSums[relevant];
}

}  // namespace

double Metrics::At(std::string_view name) const {
  for (const auto& [known, value] : entries_) {
    if (known == name) return value;
  }
  std::string names;
  for (const auto& [known, value] : entries_) names += (names.empty() ? "" : ", ") + known;
  Fail("no metric is named '{}'; take one of {}", name, names);
}

bool Metrics::Has(std::string_view name) const {
  return std::ranges::any_of(entries_, [&](const Entry& entry) { return entry.first == name; });
}

nlohmann::ordered_json ToJson(const Metrics& metrics) {
  auto json = nlohmann::ordered_json::object();
  for (const auto& [name, value] : metrics) json[name] = value;
  return json;
}

Metrics ShareOf(const Metrics& metrics, const Metrics& teacher) {
  Metrics shares;
  for (const auto& [name, value] : metrics) {
    if (!teacher.Has(name) || teacher.At(name) == 0.0) continue;
    shares.Add(name, value / teacher.At(name));
  }
  return shares;
}

void MetricSums::AddUser(std::span<std::size_t> ranks) {
  users += 1;
  std::ranges::sort(ranks);
  const std::size_t best = ranks.front();
  const auto relevant = static_cast<double>(ranks.size());
  for (std::size_t c = 0; c < kCutoffs.size(); ++c) {
    const std::size_t cutoff = kCutoffs[c];
    if (best > cutoff) continue;
    double hits = 0, gain = 0;
    for (const std::size_t rank : ranks) {
      if (rank > cutoff) break;
      hits += 1;
      gain += Gain(rank);
    }
    values[kHr][c] += 1;
    values[kNdcg][c] += gain / IdealGain(std::min(cutoff, ranks.size()));
    values[kMrr][c] += 1.0 / static_cast<double>(best);
    values[kRecall][c] += hits / relevant;
  }
}

Metrics MetricSums::Means(bool with_recall) const {
  Metrics metrics;
  for (std::size_t kind = 0; kind < kKinds; ++kind) {
    if (kind == kRecall && !with_recall) continue;
    for (std::size_t c = 0; c < kCutoffs.size(); ++c) {
      metrics.Add(fmt::format("{}@{}", kNames[kind], kCutoffs[c]),
                  users > 0 ? values[kind][c] / users : 0.0);
    }
  }
  return metrics;
}

MetricSums TreeSum(std::span<const MetricSums> slices) {
  if (slices.empty()) return {};
  if (slices.size() == 1) return slices[0];
  const std::size_t half = slices.size() / 2;
  MetricSums sum = TreeSum(slices.first(half));
  const MetricSums other = TreeSum(slices.subspan(half));
  sum.users += other.users;
  for (std::size_t kind = 0; kind < MetricSums::kKinds; ++kind) {
    for (std::size_t c = 0; c < kCutoffs.size(); ++c) sum.values[kind][c] += other.values[kind][c];
  }
  return sum;
}

}  // namespace derrd
