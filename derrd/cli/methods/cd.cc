// Collaborative Distillation on the command line.
#include <optional>
#include <utility>

#include "derrd/cli/command.h"
#include "derrd/cli/method.h"
#include "derrd/train/cd_term.h"

namespace derrd::cli {
namespace {

class Cd : public Method {
 public:
  MethodInfo info() const override {
    return {"cd",
            "-lambda * sum_u sum_i [ q_i log sigmoid(f_i) + (1 - q_i) log(1 - sigmoid(f_i)) ], "
            "q_i = sigmoid((t_i + b) / T), i sampled by rank",
            TeacherNeed::kScores, "Collaborative Distillation (Lee et al., ICDM 2019)"};
  }

  void AddFlags(CLI::App& app) override {
    AddFlag(app, "--lambda-cd", options_.weight, "Weight of the CD loss", Number(0, 1e6));
    AddFlag(app, "--cd-items", options_.items, "Items sampled a user and epoch",
            WholeNumber(1, 1 << 20));
    AddFlag(app, "--cd-top", options_.top, "They come from the guide's top this many (N)",
            WholeNumber(1, 1 << 24));
    AddFlag(app, "--cd-rank-decay", options_.rank_decay,
            "How much rather high ranks are sampled: exp(-this k / N) at position k",
            Number(0, 1e6));
    AddFlag(app, "--cd-temperature", options_.temperature, "T, of the teacher's scores",
            Number(1e-6, 1e9));
    AddFlag(app, "--cd-bias", options_.bias, "b, added to the teacher's scores", Number(-1e9, 1e9));
    AddFlag(app, "--cd-guide", guide_, "Whose ranking items are sampled from: student or teacher",
            CLI::IsMember({"student", "teacher"}));
  }

  nlohmann::ordered_json Config() const override {
    return {{"weight", options_.weight},
            {"items", options_.items},
            {"top", options_.top},
            {"rank_decay", options_.rank_decay},
            {"temperature", options_.temperature},
            {"bias", options_.bias},
            {"guide", guide_}};
  }

  std::vector<MemoryNeed> NeedsBeforeTeacher(const RunSize& size) const override {
    const std::size_t ranked = TeacherGuides() ? std::min(options_.top, size.items) : 0;
    return {{"--cd-top", ListBytes(size.users, ranked)},
            {"--cd-items", 2 * ListBytes(size.users, options_.items) +
                               ScoreBytes(size, size.batch_size, options_.items)}};
  }

  std::unique_ptr<Term> MakeTerm(const MethodContext& context) const override {
    CdOptions options = options_;
    std::optional<Rankings> rankings;
    if (TeacherGuides()) {
      options.guide = CdGuide::kTeacher;
      rankings = RankUnobserved(context.teacher, context.dataset, options_.top, context.parallel);
    }
    return std::make_unique<CdTerm>(context.dataset, context.teacher, std::move(rankings), options,
                                    context.seed);
  }

 private:
  bool TeacherGuides() const { return guide_ == "teacher"; }

  CdOptions options_;  // its guide is guide_
  std::string guide_ = "student";
};

}  // namespace

std::unique_ptr<Method> MakeCd() { return std::make_unique<Cd>(); }

}  // namespace derrd::cli
