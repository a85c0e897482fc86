// Dual Correction Distillation as a method.
#include <algorithm>
#include <utility>

#include "derrd/eval/item_side.h"
#include "derrd/methods/method.h"
#include "derrd/train/dcd_term.h"

namespace derrd {
namespace {

class Dcd : public Method {
 public:
  Dcd() {
    parameters_ = {
        {"weight", "Weight of the DCD loss of users", Within(options_.user_weight, 0, 1e6)},
        {"item_weight", "Weight of the DCD loss of items (0: leave the item's side out)",
         Within(options_.item_weight, 0, 1e6), "lambda-dcd-item"},
        {"corrections", "Underestimated ones of a list, and as many overestimated (K)",
         Within(options_.corrections, 1, 1 << 20)},
        {"top", "They come from the teacher's top this many (N)", Within(options_.top, 1, 1 << 24)},
        {"temperature", "Positions by which a rank must be wrong to count nearly in full",
         Within(options_.temperature, 1e-3, 1e9)},
    };
  }

  MethodInfo info() const override {
    return {"dcd",
            "lambda * sum_u L(what the student ranks too low, too high) + lambda_item * sum_i (the "
            "same of users), L as rrd's",
            TeacherNeed::kRankings, "Dual Correction (Lee and Kim, CIKM 2021)"};
  }

  std::string Lacks(const Model& teacher) const override {
    const std::string lacks = Method::Lacks(teacher);
    if (!lacks.empty() || !HasItemSide()) return lacks;
    return LacksItemSide(teacher, ", or give --lambda-dcd-item 0");
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

}  // namespace derrd
