// The training loop of what is solved and not trained by gradients (models/ials.h).
#ifndef DERRD_TRAIN_SWEEPS_H_
#define DERRD_TRAIN_SWEEPS_H_

#include <cstdint>
#include <functional>
#include <string_view>

#include "derrd/core/parallel.h"
#include "derrd/data/dataset.h"
#include "derrd/models/ials.h"
#include "derrd/train/early_stopping.h"
#include "derrd/train/trainer.h"

namespace derrd {

struct SweepOptions {
  std::int32_t sweeps = 16;             // at most, >= 1
  std::string_view kind = Ials::kKind;  // of the model
  EarlyStoppingOptions stopping;
};

// Sweeps until validation stops gaining; the report of a sweep is that of an epoch. Memory: the
// rows of the kept sweep.
TrainResult Solve(Ials& ials, const Dataset& dataset, const SweepOptions& options,
                  const Parallel& parallel,
                  const std::function<void(const EpochReport&)>& on_sweep = {});

}  // namespace derrd

#endif  // DERRD_TRAIN_SWEEPS_H_
