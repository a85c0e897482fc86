#include "derrd/train/early_stopping.h"

#include <utility>

#include "derrd/eval/evaluator.h"

namespace derrd {
namespace {

// JSON has no infinities: nothing yet is null there.
double NumberOr(const nlohmann::ordered_json& value, double otherwise) {
  return value.is_null() ? otherwise : value.get<double>();
}

}  // namespace

EarlyStoppingOptions EarlyStoppingOptions::For(Protocol protocol) {
  EarlyStoppingOptions options;
  options.keep = MainMetric(protocol);
  if (protocol == Protocol::kFull) options.watch = {options.keep};
  return options;
}

EarlyStopping::EarlyStopping(EarlyStoppingOptions options)
    : options_(std::move(options)),
      best_watched_(options_.watch.size(), -std::numeric_limits<double>::infinity()) {}

bool EarlyStopping::Update(std::int32_t epoch, const Metrics& metrics) {
  bool progress = false;
  for (std::size_t i = 0; i < options_.watch.size(); ++i) {
    const double value = metrics.At(options_.watch[i]);
    if (value > best_watched_[i]) {
      best_watched_[i] = value;
      progress = true;
    }
  }
  without_progress_ = progress ? 0 : without_progress_ + 1;
  if (metrics.At(options_.keep) <= best_kept_) return false;
  best_kept_ = metrics.At(options_.keep);
  best_epoch_ = epoch;
  best_metrics_ = metrics;
  return true;
}

nlohmann::ordered_json EarlyStopping::State() const {
  return {{"best_watched", best_watched_},
          {"best_kept", best_kept_},
          {"without_progress", without_progress_},
          {"best_epoch", best_epoch_},
          {"best_metrics", ToJson(best_metrics_)}};
}

void EarlyStopping::Restore(const nlohmann::ordered_json& state) {
  constexpr double kNone = -std::numeric_limits<double>::infinity();
  const auto& watched = state.at("best_watched");
  for (std::size_t i = 0; i < best_watched_.size(); ++i) {
    best_watched_[i] = NumberOr(watched.at(i), kNone);
  }
  best_kept_ = NumberOr(state.at("best_kept"), kNone);
  without_progress_ = state.at("without_progress").get<int>();
  best_epoch_ = state.at("best_epoch").get<std::int32_t>();
  best_metrics_ = Metrics();
  for (const auto& [name, value] : state.at("best_metrics").items()) {
    best_metrics_.Add(name, value.get<double>());
  }
}

}  // namespace derrd
