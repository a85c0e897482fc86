// Least squares on a teacher's rankings, on the command line.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "derrd/cli/command.h"
#include "derrd/cli/method.h"
#include "derrd/cli/progress.h"
#include "derrd/eval/evaluator.h"
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
            "Share of all items, and of all users, that such a list has at most; but five times as "
            "many as a row has in training may always be",
            Number(1e-9, 1));
    AddFlag(app, "--als-user-weight", user_pairs_.weight, "Weight of an item's best user",
            Number(0, 1e6));
    AddFlag(app, "--als-user-target", user_pairs_.target, "Score that it should have",
            Number(-1e6, 1e6));
    AddFlag(app, "--als-sweeps", sweeps_, "Sweeps over users and items, at most",
            WholeNumber(1, 100000));
    AddFlag(app, "--als-unobserved-weight", solver_.unobserved_weight,
            "Weight of every pair, with a score of 0", Number(0, 1e6));
    app.add_option("--als-l2", l2_,
                   "L2, before the size of a row multiplies it; not given, 0.05 or 0.2 where "
                   "validation is better by 2 %")
        ->check(Number(1e-12, 1e6))
        ->default_str(fmt::format("{}", kL2s.front()));
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
            {"l2", l2_.value_or(kL2s.front())},
            {"l2_exponent", solver_.l2_exponent}};
  }

  std::string Lacks(const Model& teacher) const override {
    const std::string lacks = users_ > 0 ? LacksItemSide(teacher) : "";
    return lacks.empty() ? Method::Lacks(teacher) : lacks + ", or give --als-users 0";
  }

  std::vector<MemoryNeed> NeedsBeforeTeacher(const RunSize& size) const override {
    // A pair and its twin by item, and the ranking it comes from.
    constexpr std::size_t kNumbersAPair = 7;
    const auto pairs = static_cast<double>(size.interactions);
    const double of_users = pairs / static_cast<double>(size.users);
    const double of_items = pairs / static_cast<double>(size.items);
    return {
        {"--als-items", ListBytes(size.users, kNumbersAPair * Cut(items_, size.items, of_users))},
        {"--als-users", ListBytes(size.items, kNumbersAPair * Cut(users_, size.users, of_items))}};
  }

  std::unique_ptr<Term> MakeTerm(const MethodContext&) const override { return nullptr; }

  Solver MakeSolver(const MethodContext& context) const override {
    const auto& [dataset, teacher, path, width, seed, parallel, terms] = context;
    const double pairs_in_training = static_cast<double>(dataset.train().size());
    std::optional<Rankings> users;
    if (users_ > 0) {
      const double mean = pairs_in_training / static_cast<double>(dataset.items());
      users = RankUnobservedUsers(teacher, dataset, Cut(users_, dataset.users(), mean), parallel,
                                  "give --als-users 0");
    }
    const double mean = pairs_in_training / static_cast<double>(dataset.users());
    const Rankings items = RankUnobserved(teacher, dataset, Cut(items_, dataset.items(), mean),
                                          parallel, "--als-items");
    WeightedLists pairs = PairsOfRankings(dataset.train(), items, item_pairs_,
                                          users ? &*users : nullptr, user_pairs_);
    IalsOptions options = solver_;
    options.width = width;
    options.l2 = l2_ ? *l2_ : BestL2(pairs, options, context);
    nlohmann::ordered_json chosen;
    if (!l2_) chosen = {{"l2", options.l2}, {"l2_chosen", true}};
    return {std::make_unique<Ials>(std::move(pairs), dataset.items(), options, seed), sweeps_,
            std::move(chosen)};
  }

 private:
  static constexpr std::array kL2s = {0.011, 0.05, 0.2};

  // The length of a list out of so many; 0 is none. mean: how many a row has in training. Where
  // those are many and the list is short, the student learns them by heart and little of the
  // teacher.
  std::size_t Cut(std::size_t length, std::size_t all, double mean) const {
    constexpr double kRows = 5;
    const auto most = static_cast<std::size_t>(
        std::min(std::max(share_ * static_cast<double>(all), kRows * mean), 1e9));
    return length == 0 ? 0 : std::clamp<std::size_t>(most, 1, length);
  }

  // The first, unless another is better on validation by more than chance after a few sweeps: data
  // with many interactions a row asks for more.
  double BestL2(const WeightedLists& pairs, IalsOptions options,
                const MethodContext& context) const {
    constexpr std::int32_t kSweeps = 3;
    constexpr double kGain = 1.02;
    if (context.dataset.valid().empty()) return kL2s.front();
    const std::string_view metric = MainMetric(context.dataset.protocol());
    const std::int32_t sweeps = std::min(kSweeps, sweeps_);
    Progress progress("choosing --als-l2", kL2s.size() * static_cast<std::size_t>(sweeps),
                      "sweeps");
    std::uint64_t done = 0;
    std::array<double, kL2s.size()> found;
    for (std::size_t l = 0; l < kL2s.size(); ++l) {
      options.l2 = kL2s[l];
      Ials ials(pairs.view(), context.dataset.items(), options, context.seed);
      for (std::int32_t sweep = 0; sweep < sweeps; ++sweep) {
        ials.Sweep(context.parallel);
        progress.Update(++done);
      }
      found[l] =
          Evaluate(ials.ToModel(), context.dataset, Split::kValid, context.parallel).At(metric);
    }
    auto best = static_cast<std::size_t>(std::ranges::max_element(found) - found.begin());
    if (found[best] <= kGain * found.front()) best = 0;
    progress.Finish(done, fmt::format("{}, {} {:.4f}", kL2s[best], metric, found[best]));
    return kL2s[best];
  }

  std::size_t items_ = 1500, users_ = 500;
  double share_ = 0.1;
  RankedPairOptions item_pairs_{0.35, 0.83}, user_pairs_{0.09, 0.57};
  std::int32_t sweeps_ = 16;
  std::optional<double> l2_;
  IalsOptions solver_{20, 7e-4, kL2s.front(), 0.5};  // width and L2 are the run's
};

}  // namespace

std::unique_ptr<Method> MakeAls() { return std::make_unique<Als>(); }

}  // namespace derrd::cli
