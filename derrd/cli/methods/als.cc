// Least squares on a teacher's rankings, on the command line.
#include <algorithm>
#include <optional>

#include "derrd/cli/command.h"
#include "derrd/cli/method.h"
#include "derrd/eval/item_side.h"
#include "derrd/train/ranked_pairs.h"

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
    AddFlag(app, "--lambda-als", item_pairs_.weight, "Weight of a user's best item (w)",
            Number(0, 1e6));
    AddFlag(app, "--als-target", item_pairs_.target, "Score that it should have (y)",
            Number(-1e6, 1e6));
    AddFlag(app, "--als-items", items_, "The teacher's best items of each user (n)",
            WholeNumber(1, 1 << 24));
    AddFlag(app, "--als-users", users_, "Its best users of each item (0: none)",
            WholeNumber(0, 1 << 24));
    AddFlag(app, "--als-share", share_,
            "Share of all items, and of all users, that such a list has at most", Number(1e-9, 1));
    AddFlag(app, "--als-user-weight", user_pairs_.weight, "Weight of an item's best user",
            Number(0, 1e6));
    AddFlag(app, "--als-user-target", user_pairs_.target, "Score that it should have",
            Number(-1e6, 1e6));
    AddFlag(app, "--als-sweeps", sweeps_, "Sweeps over users and items, at most",
            WholeNumber(1, 100000));
    AddFlag(app, "--als-unobserved-weight", solver_.unobserved_weight,
            "Weight of every pair, with a score of 0", Number(0, 1e6));
    AddFlag(app, "--als-l2", solver_.l2, "L2, before the size of a row multiplies it",
            Number(1e-12, 1e6));
    AddFlag(app, "--als-l2-exponent", solver_.l2_exponent,
            "How much more rows of more weight are shrunk: 0 all alike, 1 in proportion",
            Number(0, 4));
  }

  nlohmann::ordered_json Config() const override {
    return {{"weight", item_pairs_.weight},
            {"target", item_pairs_.target},
            {"items", items_},
            {"users", users_},
            {"share", share_},
            {"user_weight", user_pairs_.weight},
            {"user_target", user_pairs_.target},
            {"sweeps", sweeps_},
            {"unobserved_weight", solver_.unobserved_weight},
            {"l2", solver_.l2},
            {"l2_exponent", solver_.l2_exponent}};
  }

  std::string Lacks(const Model& teacher) const override {
    const std::string lacks = users_ > 0 ? LacksItemSide(teacher) : "";
    return lacks.empty() ? Method::Lacks(teacher) : lacks + ", or give --als-users 0";
  }

  std::vector<MemoryNeed> NeedsBeforeTeacher(const RunSize& size) const override {
    // A pair and its twin by item, and the ranking it comes from.
    constexpr std::size_t kNumbersAPair = 7;
    return {{"--als-items", ListBytes(size.users, kNumbersAPair * Cut(items_, size.items))},
            {"--als-users", ListBytes(size.items, kNumbersAPair * Cut(users_, size.users))}};
  }

  std::unique_ptr<Term> MakeTerm(const MethodContext&) const override { return nullptr; }

  Solver MakeSolver(const MethodContext& context) const override {
    const auto& [dataset, teacher, path, width, seed, parallel, terms] = context;
    std::optional<Rankings> users;
    if (users_ > 0) {
      users = RankUnobservedUsers(teacher, dataset, Cut(users_, dataset.users()), parallel);
    }
    const Rankings items =
        RankUnobserved(teacher, dataset, Cut(items_, dataset.items()), parallel, "--als-items");
    IalsOptions options = solver_;
    options.width = width;
    WeightedLists pairs = PairsOfRankings(dataset.train(), items, item_pairs_,
                                          users ? &*users : nullptr, user_pairs_);
    return {std::make_unique<Ials>(std::move(pairs), dataset.items(), options, seed), sweeps_};
  }

 private:
  // The length of a list out of so many; 0 is none.
  std::size_t Cut(std::size_t length, std::size_t all) const {
    const auto most = static_cast<std::size_t>(share_ * static_cast<double>(all));
    return length == 0 ? 0 : std::clamp<std::size_t>(most, 1, length);
  }

  std::size_t items_ = 1500, users_ = 500;
  double share_ = 0.1;
  RankedPairOptions item_pairs_{0.35, 0.83}, user_pairs_{0.09, 0.57};
  std::int32_t sweeps_ = 16;
  IalsOptions solver_{20, 7e-4, 0.011, 0.5};  // its width is the run's
};

}  // namespace

std::unique_ptr<Method> MakeAls() { return std::make_unique<Als>(); }

}  // namespace derrd::cli
