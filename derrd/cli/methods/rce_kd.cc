// RCE-KD on the command line.
#include "derrd/cli/command.h"
#include "derrd/cli/method.h"
#include "derrd/train/rce_kd_term.h"

namespace derrd::cli {
namespace {

class RceKd : public Method {
 public:
  MethodInfo info() const override {
    return {"rce-kd",
            "lambda * sum_u [ (1 - e^(-beta o)) CE(student's top) + e^(-beta o) CE(drawn from it, "
            "and the rest of the teacher's) ]",
            TeacherNeed::kScores, "RCE-KD (Zhu and Zhang, arXiv 2509.20989)"};
  }

  void AddFlags(CLI::App& app) override {
    AddFlag(app, "--lambda-rce-kd", options_.weight, "Weight of the RCE-KD loss", Number(0, 1e6));
    AddFlag(app, "--rce-kd-top", options_.top,
            "Items of the teacher's and of the student's top (K)", WholeNumber(1, 1 << 20));
    AddFlag(app, "--rce-kd-drawn", options_.drawn,
            "Items drawn from the student's top --rce-kd-pool (L)", WholeNumber(1, 1 << 20));
    AddFlag(app, "--rce-kd-pool", options_.pool, "The student's first items to draw from (N)",
            WholeNumber(1, 1 << 24));
    AddFlag(app, "--rce-kd-sampling-temperature", options_.sampling_temperature,
            "Of the drawing: lower, and items above more of the teacher's come rather",
            Number(1e-3, 1e9));
    AddFlag(app, "--rce-kd-beta", options_.beta,
            "How fast the teacher's own top loses weight as the student's comes to hold it",
            Number(0, 1e6));
    AddFlag(app, "--rce-kd-temperature", options_.temperature, "Of both models' scores",
            Number(1e-6, 1e9));
  }

  nlohmann::ordered_json Config() const override {
    return {{"weight", options_.weight},
            {"top", options_.top},
            {"drawn", options_.drawn},
            {"pool", options_.pool},
            {"sampling_temperature", options_.sampling_temperature},
            {"beta", options_.beta},
            {"temperature", options_.temperature}};
  }

  std::vector<MemoryNeed> NeedsBeforeTeacher(const RunSize& size) const override {
    constexpr double kLists = 2;  // items, and the teacher's scores of them
    const std::size_t compared = 2 * options_.top + options_.drawn;
    return {{"--rce-kd-top and --rce-kd-drawn", ListBytes(size.users, options_.top) +
                                                    kLists * ListBytes(size.users, compared) +
                                                    ScoreBytes(size, BatchUsers(size), compared)}};
  }

  std::unique_ptr<Term> MakeTerm(const MethodContext& context) const override {
    const Dataset& dataset = context.dataset;
    return std::make_unique<RceKdTerm>(
        dataset, context.teacher,
        RankAllItems(context.teacher, {dataset.user_ids(), dataset.item_ids()}, options_.top,
                     context.parallel),
        options_, context.seed);
  }

 private:
  RceKdOptions options_;
};

}  // namespace

std::unique_ptr<Method> MakeRceKd() { return std::make_unique<RceKd>(); }

}  // namespace derrd::cli
