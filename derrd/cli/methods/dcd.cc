// Dual Correction Distillation on the command line.
#include <algorithm>
#include <utility>

#include "derrd/cli/command.h"
#include "derrd/cli/method.h"
#include "derrd/eval/item_side.h"
#include "derrd/train/dcd_term.h"

namespace derrd::cli {
namespace {

class Dcd : public Method {
 public:
  MethodInfo info() const override {
    return {"dcd",
            "lambda * sum_u L(what the student ranks too low, too high) + lambda_item * sum_i (the "
            "same of users), L as rrd's",
            TeacherNeed::kRankings, "Dual Correction (Lee and Kim, CIKM 2021)"};
  }

  void AddFlags(CLI::App& app) override {
    AddFlag(app, "--lambda-dcd", options_.user_weight, "Weight of the DCD loss of users",
            Number(0, 1e6));
    AddFlag(app, "--lambda-dcd-item", options_.item_weight,
            "Weight of the DCD loss of items (0: leave the item's side out)", Number(0, 1e6));
    AddFlag(app, "--dcd-corrections", options_.corrections,
            "Underestimated ones of a list, and as many overestimated (K)",
            WholeNumber(1, 1 << 20));
    AddFlag(app, "--dcd-top", options_.top, "They come from the teacher's top this many (N)",
            WholeNumber(1, 1 << 24));
    AddFlag(app, "--dcd-temperature", options_.temperature,
            "Positions by which a rank must be wrong to count nearly in full", Number(1e-3, 1e9));
  }

  nlohmann::ordered_json Config() const override {
    return {{"weight", options_.user_weight},
            {"item_weight", options_.item_weight},
            {"corrections", options_.corrections},
            {"top", options_.top},
            {"temperature", options_.temperature}};
  }

  std::string Lacks(const Model& teacher) const override {
    if (!HasItemSide()) return Method::Lacks(teacher);
    const std::string lacks = LacksItemSide(teacher);
    return lacks.empty() ? "" : lacks + ", or give --lambda-dcd-item 0";
  }

  std::vector<MemoryNeed> NeedsBeforeTeacher(const RunSize& size) const override {
    const std::size_t items = HasItemSide() ? size.items : 0;
    const std::size_t corrected = 2 * options_.corrections;
    return {{"--dcd-top", ListBytes(size.users, std::min(options_.top, size.items)) +
                              ListBytes(items, std::min(options_.top, size.users))},
            {"--dcd-corrections",
             ListBytes(size.users + items, corrected) +
                 ScoreBytes(size, BatchUsers(size) + std::min(items, size.batch_size), corrected)}};
  }

  std::unique_ptr<Term> MakeTerm(const MethodContext& context) const override {
    const Dataset& dataset = context.dataset;
    Rankings users_of_items({});
    if (HasItemSide()) {
      users_of_items = RankUnobservedUsers(context.teacher, dataset, options_.top, context.parallel,
                                           "give --lambda-dcd-item 0");
    }
    return std::make_unique<DcdTerm>(
        dataset,
        RankUnobserved(context.teacher, dataset, options_.top, context.parallel, "--dcd-top"),
        std::move(users_of_items), options_, context.seed);
  }

 private:
  bool HasItemSide() const { return options_.item_weight > 0.0; }

  DcdOptions options_;
};

}  // namespace

std::unique_ptr<Method> MakeDcd() { return std::make_unique<Dcd>(); }

}  // namespace derrd::cli
