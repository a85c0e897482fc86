// The hyper-parameters of methods that compare relaxed lists: RRD, and the item side of IR-RRD.
#ifndef DERRD_METHODS_RELAXED_LIST_PARAMETERS_H_
#define DERRD_METHODS_RELAXED_LIST_PARAMETERS_H_

#include <string>
#include <vector>

#include "derrd/methods/hyper_parameter.h"
#include "derrd/train/relaxed_lists.h"

namespace derrd {

// `name` is the method's, `what` that which it weighs, `candidates` what lists hold ("items"),
// `whose` for whom they are ("a user").
inline std::vector<HyperParameter> RelaxedListParameters(RelaxedListOptions& options,
                                                         const std::string& name,
                                                         const std::string& what,
                                                         const std::string& candidates,
                                                         const std::string& whose) {
  return {
      {"weight", "Weight of " + what, Within(options.weight, 0, 1e6)},
      {"interesting", "Interesting " + candidates + " " + whose + " (K)",
       Within(options.interesting, 1, 1 << 20)},
      {"uninteresting", "Uninteresting " + candidates + " " + whose + " (L)",
       Within(options.uninteresting, 0, 1 << 20)},
      {"top", "Interesting " + candidates + " come from the teacher's top this many",
       Within(options.top, 1, 1 << 24)},
      {"temperature", "Positions over which the chance to be sampled falls by a factor e",
       Within(options.temperature, 1e-3, 1e9)},
      {"sample_interesting",
       "position: sample interesting " + candidates + " by rank; none: take the top K",
       Switch{&options.sample_interesting, "position", "none"}, name + "-sampling"},
  };
}

}  // namespace derrd

#endif  // DERRD_METHODS_RELAXED_LIST_PARAMETERS_H_
