// Least squares on a teacher's rankings, as a method.
#include "derrd/train/als.h"

#include <fmt/format.h>

#include "derrd/methods/method.h"

namespace derrd {
namespace {

class Als : public Method {
 public:
  Als() {
    parameters_ = {
        {"weight", "Weight of a user's best item (w)", Within(options_.item_pairs.weight, 0, 1e6)},
        {"target", "Score that it should have (y)", Within(options_.item_pairs.target, -1e6, 1e6)},
        {"items", "The teacher's best items of each user (n)", Within(options_.items, 1, 1 << 24)},
        {"users", "Its best users of each item (0: none)", Within(options_.users, 0, 1 << 24)},
        {"share",
         "Share of all items, and of all users, that such a list has at most; but five times as "
         "many as a row has in training may always be",
         Within(options_.share, 1e-9, 1)},
        {"user_weight", "Weight of an item's best user",
         Within(options_.user_pairs.weight, 0, 1e6)},
        {"user_target", "Score that it should have", Within(options_.user_pairs.target, -1e6, 1e6)},
        {"sweeps", "Sweeps over users and items, at most", Within(options_.sweeps, 1, 100000)},
        {"unobserved_weight", "Weight of every pair, with a score of 0",
         Within(options_.unobserved_weight, 0, 1e6)},
        {"l2",
         "L2, before the size of a row multiplies it; not given, 0.05 or 0.2 where validation is "
         "better by 2 %",
         LeftOpen{&options_.l2, 1e-12, 1e6, kAlsL2s.front()}},
        {"l2_exponent",
         "How much more rows of more weight are shrunk: 0 all alike, 1 in proportion",
         Within(options_.l2_exponent, 0, 4)},
    };
  }

  MethodInfo info() const override {
    return {.name = "als",
            .formula =
                "iALS, with the teacher's best n items of each user as pairs of weight "
                "w (1 - r/n) and target y (1 - r/n), and its best users of each item alike",
            .need = TeacherNeed::kRankings,
            .source = "derrd; iALS: Hu et al., ICDM 2008, Rendle et al., RecSys 2022",
            .replaces_base = true,
            .solved = true};
  }

  std::string Lacks(const Model& teacher) const override {
    const std::string lacks = Method::Lacks(teacher);
    if (!lacks.empty() || options_.users == 0) return lacks;
    return LacksItemSide(teacher, ", or give --als-users 0");
  }

  std::vector<MemoryNeed> NeedsBeforeTeacher(const RunSize& size) const override {
    // A pair and its twin by item, and the ranking it comes from.
    constexpr std::size_t kNumbersAPair = 7;
    const AlsLists lists = ListsOf(options_, size.users, size.items, size.interactions);
    return {{"--als-items", ListBytes(size.users, kNumbersAPair * lists.items)},
            {"--als-users", ListBytes(size.items, kNumbersAPair * lists.users)}};
  }

  std::unique_ptr<Term> MakeTerm(const MethodContext&) const override { return nullptr; }

  Solver MakeSolver(const MethodContext& context) const override {
    const auto on_trial = [&listener = context.listener](std::size_t done, std::size_t all) {
      listener.Progress("choosing --als-l2", "sweeps", done, all);
    };
    AlsProblem problem = PrepareAls(context.teacher, context.dataset, context.student_width,
                                    options_, context.seed, context.parallel, on_trial);
    context.listener.Finished(fmt::format("{}", problem.l2));
    nlohmann::ordered_json chosen;
    if (!options_.l2) chosen = {{"l2", problem.l2}, {"l2_chosen", true}};
    return {std::move(problem.ials), options_.sweeps, std::move(chosen)};
  }

 private:
  AlsOptions options_;
};

}  // namespace

std::unique_ptr<Method> MakeAls() { return std::make_unique<Als>(); }

}  // namespace derrd
