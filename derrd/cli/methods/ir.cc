// The item side of IR-RRD on the command line; the method as published is rrd+ir.
#include <algorithm>

#include "derrd/cli/method.h"
#include "derrd/cli/relaxed_list_flags.h"
#include "derrd/eval/item_side.h"
#include "derrd/train/ir_rrd_term.h"

namespace derrd::cli {
namespace {

// There is one: a sum with ir and without rrd is refused when it is read.
const RrdTerm& UserSide(const MethodContext& context) {
  const auto is_rrd = [](const auto& term) { return term->name() == "rrd"; };
  return dynamic_cast<const RrdTerm&>(**std::ranges::find_if(context.terms, is_rrd));
}

class Ir : public Method {
 public:
  MethodInfo info() const override {
    return {.name = "ir",
            .formula =
                "-lambda * sum_i sum_k [ f(u_k) - log( sum_{l>=k} exp f(u_l) + "
                "sum_j exp f(v_j) ) ]: items rank users",
            .need = TeacherNeed::kRankings,
            .source = "IR-RRD (Kang et al., Information Sciences 580, 2021)",
            .builds_on = "rrd"};
  }

  void AddFlags(CLI::App& app) override {
    AddFlag(app, "--lambda-ir", flags_.weight(), "Weight of the item side of IR-RRD",
            Number(0, 1e6));
    flags_.Add(app, "ir", "users", "an item");
  }

  nlohmann::ordered_json Config() const override { return flags_.Config(); }

  std::string Lacks(const Model& teacher) const override { return LacksItemSide(teacher); }

  // A step compares all items at worst.
  std::vector<MemoryNeed> NeedsBeforeTeacher(const RunSize& size) const override {
    return RelaxedListNeeds("ir", size, size.items, size.items, size.users, flags_.Size());
  }

  std::unique_ptr<Term> MakeTerm(const MethodContext& context) const override {
    const RelaxedListOptions options = flags_.Get();
    return std::make_unique<IrRrdTerm>(
        context.dataset,
        RankUnobservedUsers(context.teacher, context.dataset, options.top, context.parallel,
                            "distil by rrd without ir"),
        UserSide(context), options, context.seed);
  }

 private:
  RelaxedListFlags flags_{kIrRrdDefaults};
};

}  // namespace

std::unique_ptr<Method> MakeIr() { return std::make_unique<Ir>(); }

}  // namespace derrd::cli
