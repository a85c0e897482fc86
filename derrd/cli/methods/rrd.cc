// Relaxed Ranking Distillation on the command line.
#include "derrd/cli/method.h"
#include "derrd/cli/relaxed_list_flags.h"
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
    AddFlag(app, "--lambda-rrd", flags_.weight(), "Weight of the RRD loss", Number(0, 1e6));
    flags_.Add(app, "rrd", "items", "a user");
  }

  nlohmann::ordered_json Config() const override { return flags_.Config(); }

  std::vector<MemoryNeed> NeedsBeforeTeacher(const RunSize& size) const override {
    return RelaxedListNeeds("rrd", size, size.users, BatchUsers(size), size.items, flags_.Size());
  }

  std::unique_ptr<Term> MakeTerm(const MethodContext& context) const override {
    const RelaxedListOptions options = flags_.Get();
    return std::make_unique<RrdTerm>(context.dataset,
                                     RankUnobserved(context.teacher, context.dataset, options.top,
                                                    context.parallel, "--rrd-top"),
                                     options, context.seed);
  }

 private:
  RelaxedListFlags flags_{RelaxedListOptions()};
};

}  // namespace

std::unique_ptr<Method> MakeRrd() { return std::make_unique<Rrd>(); }

}  // namespace derrd::cli
