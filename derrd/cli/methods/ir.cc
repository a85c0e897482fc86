// The item side of IR-RRD on the command line; the method as published is rrd+ir.
#include "derrd/cli/command.h"
#include "derrd/cli/method.h"
#include "derrd/core/error.h"
#include "derrd/eval/user_rankings.h"
#include "derrd/train/ir_rrd_term.h"

namespace derrd::cli {
namespace {

const RrdTerm& UserSide(const MethodContext& context) {
  for (const auto& term : context.terms) {
    if (const auto* rrd = dynamic_cast<const RrdTerm*>(term.get())) return *rrd;
  }
  Fail<UsageError>("--method ir: builds on rrd; name that too");
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
    AddFlag(app, "--lambda-ir", options_.weight, "Weight of the item side of IR-RRD",
            Number(0, 1e6));
    AddFlag(app, "--ir-interesting", options_.interesting, "Interesting users an item (K)",
            WholeNumber(1, 1 << 20));
    AddFlag(app, "--ir-uninteresting", options_.uninteresting, "Uninteresting users an item (L)",
            WholeNumber(0, 1 << 20));
    AddFlag(app, "--ir-top", options_.top,
            "Interesting users come from the teacher's top this many", WholeNumber(1, 1 << 24));
    AddFlag(app, "--ir-temperature", options_.temperature,
            "Positions over which the chance to be sampled falls by a factor e", Number(1e-3, 1e9));
    AddFlag(app, "--ir-sampling", sampling_,
            "position: sample interesting users by rank; none: take the top K",
            CLI::IsMember({"position", "none"}));
  }

  nlohmann::ordered_json Config() const override {
    return {{"weight", options_.weight},
            {"interesting", options_.interesting},
            {"uninteresting", options_.uninteresting},
            {"top", options_.top},
            {"temperature", options_.temperature},
            {"sample_interesting", sampling_ == "position"}};
  }

  std::string Lacks(const Model& teacher) const override { return LacksItemSide(teacher); }

  // A step compares all items at worst.
  std::vector<MemoryNeed> NeedsBeforeTeacher(const RunSize& size) const override {
    return RelaxedListNeeds("ir", size.items, size.items, size.users,
                            {options_.top, options_.interesting, options_.uninteresting});
  }

  std::unique_ptr<Term> MakeTerm(const MethodContext& context) const override {
    IrRrdOptions options = options_;
    options.sample_interesting = sampling_ == "position";
    return std::make_unique<IrRrdTerm>(
        context.dataset,
        RankUnobservedUsers(context.teacher, context.dataset, options.top, context.parallel),
        UserSide(context), options, context.seed);
  }

 private:
  IrRrdOptions options_;  // whether to sample says sampling_
  std::string sampling_ = "position";
};

}  // namespace

std::unique_ptr<Method> MakeIr() { return std::make_unique<Ir>(); }

}  // namespace derrd::cli
