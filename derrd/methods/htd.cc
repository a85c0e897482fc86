// Hierarchical Topology Distillation as a method.
#include "derrd/methods/method.h"
#include "derrd/methods/routing_parameters.h"
#include "derrd/train/htd_term.h"

namespace derrd {
namespace {

class Htd : public Method {
 public:
  Htd() {
    parameters_ = {
        {"weight", "Weight of the HTD loss", Within(options_.weight, 0, 1e6)},
        {"alpha", "Share of the topology's loss; the rest is that of the group assignment",
         Within(options_.alpha, 0, 1)},
        {"groups", "Groups of users, and as many of items", Within(options_.groups, 1, 4096)},
    };
    AddRouting("htd", options_.temperature, options_.routing_tolerance, parameters_);
  }

  MethodInfo info() const override {
    return {"htd",
            "lambda * [ alpha * (cosines within groups and to their prototypes, squared gaps) + "
            "(1 - alpha) * (de's loss, an expert a group) ]",
            TeacherNeed::kRepresentations,
            "Topology Distillation (Kang et al., KDD 2021), section 4.2"};
  }

  std::vector<MemoryNeed> NeedsWithTeacher(const RunSize& size,
                                           std::size_t teacher_width) const override {
    return {
        {"--htd-groups", ExpertBytes(HtdShape(options_.groups, size.width, teacher_width), size)}};
  }

  std::unique_ptr<Term> MakeTerm(const MethodContext& context) const override {
    return std::make_unique<HtdTerm>(context.teacher, context.student_width, options_,
                                     context.seed);
  }

 private:
  HtdTermOptions options_;
};

}  // namespace

std::unique_ptr<Method> MakeHtd() { return std::make_unique<Htd>(); }

}  // namespace derrd
