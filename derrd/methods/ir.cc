// The item side of IR-RRD as a method; the method as published is rrd+ir.
#include <algorithm>

#include "derrd/eval/item_side.h"
#include "derrd/methods/method.h"
#include "derrd/methods/relaxed_list_parameters.h"
#include "derrd/train/ir_rrd_term.h"

namespace derrd {
namespace {

// There is one: a sum with ir and without rrd is refused when it is read.
const RrdTerm& UserSide(const MethodContext& context) {
  const auto is_rrd = [](const auto& term) { return term->name() == "rrd"; };
  return dynamic_cast<const RrdTerm&>(**std::ranges::find_if(context.terms, is_rrd));
}

class Ir : public Method {
 public:
  Ir() {
    parameters_ =
        RelaxedListParameters(options_, "ir", "the item side of IR-RRD", "users", "an item");
  }

  MethodInfo info() const override {
    return {.name = "ir",
            .formula =
                "-lambda * sum_i sum_k [ f(u_k) - log( sum_{l>=k} exp f(u_l) + "
                "sum_j exp f(v_j) ) ]: items rank users",
            .need = TeacherNeed::kRankings,
            .source = "IR-RRD (Kang et al., Information Sciences 580, 2021)",
            .builds_on = "rrd"};
  }

  std::string Lacks(const Model& teacher) const override { return LacksItemSide(teacher); }

  // A step compares all items at worst.
  std::vector<MemoryNeed> NeedsBeforeTeacher(const RunSize& size) const override {
    return RelaxedListNeeds("ir", size, size.items, size.items, size.users, options_);
  }

  std::unique_ptr<Term> MakeTerm(const MethodContext& context) const override {
    return std::make_unique<IrRrdTerm>(
        context.dataset,
        RankUnobservedUsers(context.teacher, context.dataset, options_.top, context.parallel,
                            "distil by rrd without ir"),
        UserSide(context), options_, context.seed);
  }

 private:
  RelaxedListOptions options_ = kIrRrdDefaults;
};

}  // namespace

std::unique_ptr<Method> MakeIr() { return std::make_unique<Ir>(); }

}  // namespace derrd
