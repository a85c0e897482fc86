// Relaxed Ranking Distillation on the command line.
#include "derrd/cli/command.h"
#include "derrd/cli/method.h"
#include "derrd/train/rrd_term.h"

namespace derrd::cli {
namespace {

class Rrd : public Method {
 public:
  MethodInfo info() const override {
    return {"rrd",
            "-lambda * sum_u sum_k [ f(pi_k) - log( sum_{i>=k} exp f(pi_i) + sum_j exp f(nu_j) ) ]",
            TeacherNeed::kRankings, "DE-RRD (Kang et al., CIKM 2020), section 3.2"};
  }

  void AddFlags(CLI::App& app) override {
    AddFlag(app, "--lambda-rrd", options_.weight, "Weight of the RRD loss", Number(0, 1e6));
    AddFlag(app, "--rrd-interesting", options_.interesting, "Interesting items a user (K)",
            WholeNumber(1, 1 << 20));
    AddFlag(app, "--rrd-uninteresting", options_.uninteresting, "Uninteresting items a user (L)",
            WholeNumber(0, 1 << 20));
    AddFlag(app, "--rrd-top", options_.top,
            "Interesting items come from the teacher's top this many", WholeNumber(1, 1 << 24));
    AddFlag(app, "--rrd-temperature", options_.temperature,
            "Positions over which the chance to be sampled falls by a factor e", Number(1e-3, 1e9));
    AddFlag(app, "--rrd-sampling", sampling_,
            "position: sample interesting items by rank; none: take the top K",
            CLI::IsMember({"position", "none"}));
  }

  nlohmann::ordered_json Config() const override {
    const RrdOptions rrd = Options();
    return {{"weight", rrd.weight},
            {"interesting", rrd.interesting},
            {"uninteresting", rrd.uninteresting},
            {"top", rrd.top},
            {"temperature", rrd.temperature},
            {"sample_interesting", rrd.sample_interesting}};
  }

  std::vector<MemoryNeed> NeedsBeforeTeacher(const RunSize& size) const override {
    return RelaxedListNeeds("rrd", size.users, BatchUsers(size), size.items,
                            {options_.top, options_.interesting, options_.uninteresting});
  }

  std::unique_ptr<Term> MakeTerm(const MethodContext& context) const override {
    return std::make_unique<RrdTerm>(context.dataset,
                                     RankUnobserved(context.teacher, context.dataset, options_.top,
                                                    context.parallel, "--rrd-top"),
                                     Options(), context.seed);
  }

 private:
  RrdOptions Options() const {
    RrdOptions options = options_;
    options.sample_interesting = sampling_ == "position";
    return options;
  }

  RrdOptions options_;
  std::string sampling_ = "position";
};

}  // namespace

std::unique_ptr<Method> MakeRrd() { return std::make_unique<Rrd>(); }

}  // namespace derrd::cli
