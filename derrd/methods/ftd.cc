// Full Topology Distillation as a method.
#include "derrd/methods/method.h"
#include "derrd/train/ftd_term.h"

namespace derrd {
namespace {

class Ftd : public Method {
 public:
  Ftd() { parameters_ = {{"weight", "Weight of the FTD loss", Within(options_.weight, 0, 1e6)}}; }

  MethodInfo info() const override {
    return {"ftd", "lambda * sum_ij ( cos(t_i, t_j) - cos(s_i, s_j) )^2 over a batch's entities",
            TeacherNeed::kRepresentations,
            "Topology Distillation (Kang et al., KDD 2021), section 4.1"};
  }

  std::unique_ptr<Term> MakeTerm(const MethodContext& context) const override {
    return std::make_unique<FtdTerm>(context.teacher, options_);
  }

 private:
  FtdTermOptions options_;
};

}  // namespace

std::unique_ptr<Method> MakeFtd() { return std::make_unique<Ftd>(); }

}  // namespace derrd
