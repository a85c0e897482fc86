// Least squares on a teacher's rankings, on the command line.
#include "derrd/train/als.h"

#include <fmt/format.h>

#include <optional>

#include "derrd/cli/command.h"
#include "derrd/cli/method.h"
#include "derrd/cli/progress.h"

namespace derrd::cli {
namespace {

class Als : public Method {
 public:
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

  void AddFlags(CLI::App& app) override {
    AddFlag(app, "--lambda-als", options_.item_pairs.weight, "Weight of a user's best item (w)",
            Number(0, 1e6));
    AddFlag(app, "--als-target", options_.item_pairs.target, "Score that it should have (y)",
            Number(-1e6, 1e6));
    AddFlag(app, "--als-items", options_.items, "The teacher's best items of each user (n)",
            WholeNumber(1, 1 << 24));
    AddFlag(app, "--als-users", options_.users, "Its best users of each item (0: none)",
            WholeNumber(0, 1 << 24));
    AddFlag(app, "--als-share", options_.share,
            "Share of all items, and of all users, that such a list has at most; but five times as "
            "many as a row has in training may always be",
            Number(1e-9, 1));
    AddFlag(app, "--als-user-weight", options_.user_pairs.weight, "Weight of an item's best user",
            Number(0, 1e6));
    AddFlag(app, "--als-user-target", options_.user_pairs.target, "Score that it should have",
            Number(-1e6, 1e6));
    AddFlag(app, "--als-sweeps", options_.sweeps, "Sweeps over users and items, at most",
            WholeNumber(1, 100000));
    AddFlag(app, "--als-unobserved-weight", options_.unobserved_weight,
            "Weight of every pair, with a score of 0", Number(0, 1e6));
    app.add_option("--als-l2", options_.l2,
                   "L2, before the size of a row multiplies it; not given, 0.05 or 0.2 where "
                   "validation is better by 2 %")
        ->check(Number(1e-12, 1e6))
        ->default_str(fmt::format("{}", kAlsL2s.front()));
    AddFlag(app, "--als-l2-exponent", options_.l2_exponent,
            "How much more rows of more weight are shrunk: 0 all alike, 1 in proportion",
            Number(0, 4));
  }

  nlohmann::ordered_json Config() const override {
    return {{"weight", options_.item_pairs.weight},
            {"target", options_.item_pairs.target},
            {"items", options_.items},
            {"users", options_.users},
            {"share", options_.share},
            {"user_weight", options_.user_pairs.weight},
            {"user_target", options_.user_pairs.target},
            {"sweeps", options_.sweeps},
            {"unobserved_weight", options_.unobserved_weight},
            {"l2", options_.l2.value_or(kAlsL2s.front())},
            {"l2_exponent", options_.l2_exponent}};
  }

  std::string Lacks(const Model& teacher) const override {
    const std::string lacks = options_.users > 0 ? LacksItemSide(teacher) : "";
    return lacks.empty() ? Method::Lacks(teacher) : lacks + ", or give --als-users 0";
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
    std::optional<Progress> progress;
    std::size_t tried = 0;
    const auto on_trial = [&](std::size_t done, std::size_t all) {
      if (!progress) progress.emplace("choosing --als-l2", all, "sweeps");
      progress->Update(tried = done);
    };
    AlsProblem problem = PrepareAls(context.teacher, context.dataset, context.student_width,
                                    options_, context.seed, context.parallel, on_trial);
    if (progress) progress->Finish(tried, fmt::format("{}", problem.l2));
    nlohmann::ordered_json chosen;
    if (!options_.l2) chosen = {{"l2", problem.l2}, {"l2_chosen", true}};
    return {std::move(problem.ials), options_.sweeps, std::move(chosen)};
  }

 private:
  AlsOptions options_;
};

}  // namespace

std::unique_ptr<Method> MakeAls() { return std::make_unique<Als>(); }

}  // namespace derrd::cli
