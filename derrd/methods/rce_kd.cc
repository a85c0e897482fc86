// RCE-KD as a method.
#include "derrd/methods/method.h"
#include "derrd/train/rce_kd_term.h"

namespace derrd {
namespace {

class RceKd : public Method {
 public:
  RceKd() {
    parameters_ = {
        {"weight", "Weight of the RCE-KD loss", Within(options_.weight, 0, 1e6)},
        {"top", "Items of the teacher's and of the student's top (K)",
         Within(options_.top, 1, 1 << 20)},
        {"drawn", "Items drawn from the student's top --rce-kd-pool (L)",
         Within(options_.drawn, 1, 1 << 20)},
        {"pool", "The student's first items to draw from (N)", Within(options_.pool, 1, 1 << 24)},
        {"sampling_temperature",
         "Of the drawing: lower, and items above more of the teacher's come rather",
         Within(options_.sampling_temperature, 1e-3, 1e9)},
        {"beta", "How fast the teacher's own top loses weight as the student's comes to hold it",
         Within(options_.beta, 0, 1e6)},
        {"temperature", "Of both models' scores", Within(options_.temperature, 1e-6, 1e9)},
    };
  }

  MethodInfo info() const override {
    return {"rce-kd",
            "lambda * sum_u [ (1 - e^(-beta o)) CE(student's top) + e^(-beta o) CE(drawn from it, "
            "and the rest of the teacher's) ]",
            TeacherNeed::kScores, "RCE-KD (Zhu and Zhang, arXiv 2509.20989)"};
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
        RankAllItems(context.teacher, NamesOf(dataset), options_.top, context.parallel), options_,
        context.seed);
  }

 private:
  RceKdOptions options_;
};

}  // namespace

std::unique_ptr<Method> MakeRceKd() { return std::make_unique<RceKd>(); }

}  // namespace derrd
