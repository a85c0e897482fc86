// Relaxed Ranking Distillation as a method.
#include "derrd/methods/method.h"
#include "derrd/methods/relaxed_list_parameters.h"
#include "derrd/train/rrd_term.h"

namespace derrd {
namespace {

class Rrd : public Method {
 public:
  Rrd() { parameters_ = RelaxedListParameters(options_, "rrd", "the RRD loss", "items", "a user"); }

  MethodInfo info() const override {
    return {"rrd",
            "-lambda * sum_u sum_k [ f(pi_k) - log( sum_{i>=k} exp f(pi_i) + sum_j exp f(nu_j) ) ]",
            TeacherNeed::kRankings, "DE-RRD (Kang et al., CIKM 2020), section 3.2"};
  }

  std::vector<MemoryNeed> NeedsBeforeTeacher(const RunSize& size) const override {
    return RelaxedListNeeds("rrd", size, size.users, BatchUsers(size), size.items, options_);
  }

  std::unique_ptr<Term> MakeTerm(const MethodContext& context) const override {
    return std::make_unique<RrdTerm>(context.dataset,
                                     RankUnobserved(context.teacher, context.dataset, options_.top,
                                                    context.parallel, "--rrd-top"),
                                     options_, context.seed);
  }

 private:
  RelaxedListOptions options_;
};

}  // namespace

std::unique_ptr<Method> MakeRrd() { return std::make_unique<Rrd>(); }

}  // namespace derrd
