// Ranking Distillation on the command line.
#include "derrd/cli/command.h"
#include "derrd/cli/method.h"
#include "derrd/train/rd_term.h"

namespace derrd::cli {
namespace {

class Rd : public Method {
 public:
  MethodInfo info() const override {
    return {"rd",
            "-lambda * sum_u sum_k w_k log sigmoid(f(pi_k)), w_k by position and by how much too "
            "low the student ranks pi_k",
            TeacherNeed::kRankings, "Ranking Distillation (Tang and Wang, KDD 2018)"};
  }

  void AddFlags(CLI::App& app) override {
    AddFlag(app, "--lambda-rd", options_.weight, "Weight of the RD loss", Number(0, 1e6));
    AddFlag(app, "--rd-top", options_.top, "The teacher's best items that become positives (K)",
            WholeNumber(1, 1 << 20));
    AddFlag(app, "--rd-position-decay", options_.position_decay,
            "Positions over which an item's weight falls by a factor e", Number(1e-6, 1e9));
    AddFlag(app, "--rd-discrepancy", options_.discrepancy,
            "How soon a rank that is too low counts in full (mu)", Number(1e-9, 1e6));
    AddFlag(app, "--rd-samples", options_.samples,
            "Items drawn a user to estimate the student's ranks", WholeNumber(1, 1 << 20));
    AddFlag(app, "--rd-discrepancy-epoch", options_.discrepancy_epoch,
            "First epoch, from 0, in which the student's ranks count", WholeNumber(0, 1000000));
  }

  nlohmann::ordered_json Config() const override {
    return {{"weight", options_.weight},
            {"top", options_.top},
            {"position_decay", options_.position_decay},
            {"discrepancy", options_.discrepancy},
            {"samples", options_.samples},
            {"discrepancy_epoch", options_.discrepancy_epoch}};
  }

  std::vector<MemoryNeed> NeedsBeforeTeacher(const RunSize& size) const override {
    constexpr double kLists = 3;  // the teacher's, those kept, and their weights
    return {{"--rd-top", kLists * ListBytes(size.users, options_.top) +
                             ScoreBytes(size, size.batch_size, options_.top)}};
  }

  std::unique_ptr<Term> MakeTerm(const MethodContext& context) const override {
    return std::make_unique<RdTerm>(context.dataset,
                                    RankUnobserved(context.teacher, context.dataset, options_.top,
                                                   context.parallel, "--rd-top"),
                                    options_, context.seed);
  }

 private:
  RdOptions options_;
};

}  // namespace

std::unique_ptr<Method> MakeRd() { return std::make_unique<Rd>(); }

}  // namespace derrd::cli
