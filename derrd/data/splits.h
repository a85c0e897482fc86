// Each user's interactions into training, validation and test.
#ifndef DERRD_DATA_SPLITS_H_
#define DERRD_DATA_SPLITS_H_

#include <array>
#include <cstdint>
#include <string_view>

#include "derrd/core/ids.h"
#include "derrd/core/parallel.h"
#include "derrd/data/dataset.h"
#include "derrd/data/interaction_log.h"

namespace derrd {

enum class SplitKind {
  kLeaveOneOut,  // a user's last interaction is for test, the one before it for validation
  kRatio,        // a user's last interactions, as many as the ratio says
};

// What "last" means.
enum class SplitOrder {
  kRandom,  // a random order, a function of the seed and the user's number
  kTime,    // by time; by row where times are equal
  kFile,    // by row
};

// Interactions that a user must have to leave two of them out.
inline constexpr std::size_t kLeastForLeaveOneOut = 3;

std::string_view Name(SplitKind kind);    // "leave-one-out", "ratio"
std::string_view Name(SplitOrder order);  // "random", "time", "file"

struct SplitOptions {
  SplitKind kind = SplitKind::kLeaveOneOut;
  SplitOrder order = SplitOrder::kRandom;
  std::array<double, 3> ratio = {0.8, 0.1, 0.1};  // training, validation, test
  std::uint64_t seed = 0;
};

// Three shares that are not negative and sum to 1, the first above 0, from "0.8,0.1,0.1".
// UsageError otherwise.
std::array<double, 3> ParseRatio(std::string_view text);

struct Splits {
  OwnedInteractions train, valid, test;
};

// Splits a log without duplicates. With a ratio, a user with n interactions gives round(n * share)
// to validation and to test, and keeps at least one for training (validation yields first).
// Leave-one-out needs three interactions of every user: Error that says how many users have fewer,
// the id of the first and the remedy. O(n log n).
Splits SplitInteractions(const InteractionLog& log, const Ids& user_ids,
                         const SplitOptions& options, const Parallel& parallel);

// The same of interactions that lie by user already, in random order (options.order is not read).
Splits SplitAtRandom(const Interactions& all, const Ids& user_ids, const SplitOptions& options,
                     const Parallel& parallel);

}  // namespace derrd

#endif  // DERRD_DATA_SPLITS_H_
