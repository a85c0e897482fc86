// When to stop, and which epoch to keep.
#ifndef DERRD_TRAIN_EARLY_STOPPING_H_
#define DERRD_TRAIN_EARLY_STOPPING_H_

#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "derrd/data/dataset.h"
#include "derrd/eval/metrics.h"

namespace derrd {

struct EarlyStoppingOptions {
  std::vector<std::string> watch = {"HR@5", "HR@10", "HR@20"};  // a strict gain in any is progress
  std::string keep = "HR@5";                                    // the best epoch by this is kept
  int patience = 20;  // evaluations without progress before the run stops, >= 1

  // What suits a protocol: the above, or under full ranking its main metric alone.
  static EarlyStoppingOptions For(Protocol protocol);
};

// Follows the validation metrics of a run.
class EarlyStopping {
 public:
  explicit EarlyStopping(EarlyStoppingOptions options);

  // Takes an evaluation's metrics; true when this epoch is the best so far by options.keep. Error
  // when a watched metric is not among them.
  bool Update(std::int32_t epoch, const Metrics& metrics);

  bool ShouldStop() const { return without_progress_ >= options_.patience; }
  std::int32_t best_epoch() const { return best_epoch_; }  // -1 before the first evaluation
  const Metrics& best() const { return best_metrics_; }

  // All that it remembers, for checkpoints.
  nlohmann::ordered_json State() const;
  void Restore(const nlohmann::ordered_json& state);  // as State() gave it, with the same options

 private:
  EarlyStoppingOptions options_;
  std::vector<double> best_watched_;
  double best_kept_ = -std::numeric_limits<double>::infinity();
  int without_progress_ = 0;
  std::int32_t best_epoch_ = -1;
  Metrics best_metrics_;
};

}  // namespace derrd

#endif  // DERRD_TRAIN_EARLY_STOPPING_H_
