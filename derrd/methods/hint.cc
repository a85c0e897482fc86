// Hint regression as a method.
#include "derrd/losses/de.h"
#include "derrd/methods/method.h"
#include "derrd/train/hint_term.h"

namespace derrd {
namespace {

class Hint : public Method {
 public:
  Hint() { parameters_ = {{"weight", "Weight of the HINT loss", Within(options_.weight, 0, 1e6)}}; }

  MethodInfo info() const override {
    return {"hint", "lambda * sum_n w_n |t_n - f(s_n)|^2, f a projector with one hidden layer",
            TeacherNeed::kRepresentations,
            "FitNets (Romero et al., ICLR 2015), as in DE-RRD (Kang et al., CIKM 2020)"};
  }

  std::vector<MemoryNeed> NeedsWithTeacher(const RunSize& size,
                                           std::size_t teacher_width) const override {
    return {{"--method hint", ExpertBytes(ExpertShape::For(1, size.width, teacher_width), size)}};
  }

  std::unique_ptr<Term> MakeTerm(const MethodContext& context) const override {
    return std::make_unique<HintTerm>(context.teacher, context.student_width, options_,
                                      context.seed);
  }

 private:
  HintTermOptions options_;
};

}  // namespace

std::unique_ptr<Method> MakeHint() { return std::make_unique<Hint>(); }

}  // namespace derrd
