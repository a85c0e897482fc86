#include "derrd/data/hold_out.h"

#include <utility>

#include "derrd/core/error.h"
#include "derrd/data/negatives.h"

namespace derrd {

void CheckHoldOut(const HoldOutOptions& options) {
  const bool ratio = options.split == SplitKind::kRatio;
  if (!ratio && !options.ratio.empty()) {
    Fail<UsageError>("--ratio belongs to --split ratio; give both or neither");
  }
  if (!options.ratio.empty()) ParseRatio(options.ratio);
  if (ratio && options.negatives.value_or(0) > 0) {
    Fail<UsageError>(
        "--negatives belongs to --split leave-one-out; a split by ratio is ranked among all items");
  }
}

SplitOptions SplitOptionsOf(const HoldOutOptions& options) {
  SplitOptions split;
  split.kind = options.split.value_or(split.kind);
  split.order = options.order.value_or(split.order);
  if (!options.ratio.empty()) split.ratio = ParseRatio(options.ratio);
  split.seed = options.seed;
  return split;
}

void AddSplits(Splits splits, const HoldOutOptions& options, const Parallel& parallel,
               DatasetContents& contents) {
  const SplitOptions split = SplitOptionsOf(options);
  const bool leave_one_out = split.kind == SplitKind::kLeaveOneOut;
  const std::uint32_t negatives = options.negatives.value_or(leave_one_out ? kUsualNegatives : 0);
  if (negatives > 0) {
    contents.protocol = Protocol::kSampled;
    contents.candidates = SampleNegatives(splits, contents.user_ids, contents.item_ids.size(),
                                          negatives, options.seed, parallel);
  }
  contents.train = std::move(splits.train);
  contents.valid = std::move(splits.valid);
  contents.test = std::move(splits.test);

  Metadata& metadata = contents.metadata;
  metadata["import.split"] = Name(split.kind);
  metadata["import.order"] = Name(split.order);
  if (!leave_one_out) {
    metadata["import.ratio"] =
        fmt::format("{},{},{}", split.ratio[0], split.ratio[1], split.ratio[2]);
  }
  metadata["import.negatives"] = std::to_string(negatives);
  metadata["import.seed"] = std::to_string(options.seed);
}

}  // namespace derrd
