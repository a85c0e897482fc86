#include "derrd/train/early_stopping.h"

#include <utility>

namespace derrd {

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

}  // namespace derrd
