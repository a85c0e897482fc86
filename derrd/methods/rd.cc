// Ranking Distillation as a method.
#include "derrd/methods/method.h"
#include "derrd/train/rd_term.h"

namespace derrd {
namespace {

class Rd : public Method {
 public:
  Rd() {
    parameters_ = {
        {"weight", "Weight of the RD loss", Within(options_.weight, 0, 1e6)},
        {"top", "The teacher's best items that become positives (K)",
         Within(options_.top, 1, 1 << 20)},
        {"position_decay", "Positions over which an item's weight falls by a factor e",
         Within(options_.position_decay, 1e-6, 1e9)},
        {"discrepancy", "How soon a rank that is too low counts in full (mu)",
         Within(options_.discrepancy, 1e-9, 1e6)},
        {"samples", "Items drawn a user to estimate the student's ranks",
         Within(options_.samples, 1, 1 << 20)},
        {"discrepancy_epoch", "First epoch, from 0, in which the student's ranks count",
         Within(options_.discrepancy_epoch, 0, 1000000)},
    };
  }

  MethodInfo info() const override {
    return {"rd",
            "-lambda * sum_u sum_k w_k log sigmoid(f(pi_k)), w_k by position and by how much too "
            "low the student ranks pi_k",
            TeacherNeed::kRankings, "Ranking Distillation (Tang and Wang, KDD 2018)"};
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

}  // namespace derrd
