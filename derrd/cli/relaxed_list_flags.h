// The flags of methods that compare relaxed lists: RRD's, and those of IR-RRD's item side.
#ifndef DERRD_CLI_RELAXED_LIST_FLAGS_H_
#define DERRD_CLI_RELAXED_LIST_FLAGS_H_

#include <nlohmann/json.hpp>
#include <string>

#include "derrd/cli/command.h"
#include "derrd/cli/memory.h"
#include "derrd/train/relaxed_lists.h"

namespace derrd::cli {

class RelaxedListFlags {
 public:
  explicit RelaxedListFlags(const RelaxedListOptions& defaults) : options_(defaults) {}

  // `name` is the method's, `candidates` what lists hold ("items"), `whose` for whom they are ("a
  // user").
  void Add(CLI::App& app, const std::string& name, const std::string& candidates,
           const std::string& whose) {
    const std::string prefix = "--" + name + "-";
    AddFlag(app, prefix + "interesting", options_.interesting,
            "Interesting " + candidates + " " + whose + " (K)", WholeNumber(1, 1 << 20));
    AddFlag(app, prefix + "uninteresting", options_.uninteresting,
            "Uninteresting " + candidates + " " + whose + " (L)", WholeNumber(0, 1 << 20));
    AddFlag(app, prefix + "top", options_.top,
            "Interesting " + candidates + " come from the teacher's top this many",
            WholeNumber(1, 1 << 24));
    AddFlag(app, prefix + "temperature", options_.temperature,
            "Positions over which the chance to be sampled falls by a factor e", Number(1e-3, 1e9));
    AddFlag(app, prefix + "sampling", sampling_,
            "position: sample interesting " + candidates + " by rank; none: take the top K",
            CLI::IsMember({"position", "none"}));
  }

  // What the flags say.
  RelaxedListOptions Get() const {
    RelaxedListOptions options = options_;
    options.sample_interesting = sampling_ == "position";
    return options;
  }

  double& weight() { return options_.weight; }

  RelaxedListSize Size() const {
    return {options_.top, options_.interesting, options_.uninteresting};
  }

  nlohmann::ordered_json Config() const {
    const RelaxedListOptions options = Get();
    return {{"weight", options.weight},
            {"interesting", options.interesting},
            {"uninteresting", options.uninteresting},
            {"top", options.top},
            {"temperature", options.temperature},
            {"sample_interesting", options.sample_interesting}};
  }

 private:
  RelaxedListOptions options_;  // whether to sample says sampling_
  std::string sampling_ = "position";
};

}  // namespace derrd::cli

#endif  // DERRD_CLI_RELAXED_LIST_FLAGS_H_
