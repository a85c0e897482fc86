// What of a data set is held out of training, and what it is ranked among.
#ifndef DERRD_DATA_HOLD_OUT_H_
#define DERRD_DATA_HOLD_OUT_H_

#include <cstdint>
#include <optional>
#include <string>

#include "derrd/core/parallel.h"
#include "derrd/data/dataset.h"
#include "derrd/data/splits.h"

namespace derrd {

inline constexpr std::uint32_t kUsualNegatives = 499;  // of leave-one-out

// As a user says it; whatever is left out has its usual value.
struct HoldOutOptions {
  std::optional<SplitKind> split;          // leave-one-out unless given
  std::optional<SplitOrder> order;         // random unless given
  std::string ratio;                       // "0.8,0.1,0.1" unless given
  std::optional<std::uint32_t> negatives;  // kUsualNegatives of leave-one-out; 0: the full protocol
  std::uint64_t seed = 0;

  bool any() const { return split || order || !ratio.empty() || negatives; }
};

// UsageError when the options do not fit together.
void CheckHoldOut(const HoldOutOptions& options);
SplitOptions SplitOptionsOf(const HoldOutOptions& options);

// Puts the splits into `contents`, which has its ids already, draws the sampled negatives, and
// writes down both under "import." in the metadata.
void AddSplits(Splits splits, const HoldOutOptions& options, const Parallel& parallel,
               DatasetContents& contents);

}  // namespace derrd

#endif  // DERRD_DATA_HOLD_OUT_H_
