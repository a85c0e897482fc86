#include "derrd/cli/split_flags.h"

#include <fmt/format.h>

namespace derrd::cli {

void AddSplitFlags(CLI::App& app, HoldOutOptions& options, std::uint32_t usual_negatives) {
  AddChoice<SplitKind>(app, "--split", options.split,
                       {{"leave-one-out", SplitKind::kLeaveOneOut}, {"ratio", SplitKind::kRatio}},
                       "How each user's interactions are split (leave-one-out unless given)");
  app.add_option("--ratio", options.ratio,
                 "Shares of training, validation and test (0.8,0.1,0.1 unless given)");
  app.add_option("--negatives", options.negatives,
                 fmt::format("Sampled negatives of each user under leave-one-out ({} unless "
                             "given); 0: rank all items",
                             usual_negatives))
      ->check(WholeNumber(0, 1 << 30));
}

}  // namespace derrd::cli
