// Distillation Experts as a method.
#include "derrd/methods/method.h"
#include "derrd/methods/routing_parameters.h"
#include "derrd/train/de_term.h"

namespace derrd {
namespace {

class De : public Method {
 public:
  De() {
    parameters_ = {
        {"weight", "Weight of the DE loss", Within(options_.weight, 0, 1e6)},
        {"experts", "Experts for users, and as many for items", Within(options_.experts, 1, 4096)},
    };
    AddRouting("de", options_.temperature, options_.routing_tolerance, parameters_);
  }

  MethodInfo info() const override {
    return {"de", "lambda * sum_n w_n |t_n - sum_m z_nm E_m(s_n)|^2, z a Gumbel-softmax of t_n",
            TeacherNeed::kRepresentations, "DE-RRD (Kang et al., CIKM 2020), section 3.1"};
  }

  std::vector<MemoryNeed> NeedsWithTeacher(const RunSize& size,
                                           std::size_t teacher_width) const override {
    return {{"--de-experts",
             ExpertBytes(ExpertShape::For(options_.experts, size.width, teacher_width), size)}};
  }

  std::unique_ptr<Term> MakeTerm(const MethodContext& context) const override {
    return std::make_unique<DeTerm>(context.teacher, context.student_width, options_, context.seed);
  }

 private:
  DeTermOptions options_;
};

}  // namespace

std::unique_ptr<Method> MakeDe() { return std::make_unique<De>(); }

}  // namespace derrd
