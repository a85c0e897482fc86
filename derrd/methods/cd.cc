// Collaborative Distillation as a method.
#include <utility>

#include "derrd/methods/method.h"
#include "derrd/train/cd_term.h"

namespace derrd {
namespace {

class Cd : public Method {
 public:
  Cd() {
    parameters_ = {
        {"weight", "Weight of the CD loss", Within(options_.weight, 0, 1e6)},
        {"items", "Items sampled a user and epoch", Within(options_.items, 1, 1 << 20)},
        {"top", "They come from the guide's top this many (N)", Within(options_.top, 1, 1 << 24)},
        {"rank_decay", "How much rather high ranks are sampled: exp(-this k / N) at position k",
         Within(options_.rank_decay, 0, 1e6)},
        {"temperature", "T, of the teacher's scores", Within(options_.temperature, 1e-6, 1e9)},
        {"bias", "b, added to the teacher's scores", Within(options_.bias, -1e9, 1e9)},
        {"guide", "Whose ranking items are sampled from: student or teacher",
         OneOf{&guide_, {"student", "teacher"}}},
    };
  }

  MethodInfo info() const override {
    return {"cd",
            "-lambda * sum_u sum_i [ q_i log sigmoid(f_i) + (1 - q_i) log(1 - sigmoid(f_i)) ], "
            "q_i = sigmoid((t_i + b) / T), i sampled by rank",
            TeacherNeed::kScores, "Collaborative Distillation (Lee et al., ICDM 2019)"};
  }

  std::vector<MemoryNeed> NeedsBeforeTeacher(const RunSize& size) const override {
    const std::size_t ranked = TeacherGuides() ? std::min(options_.top, size.items) : 0;
    return {{"--cd-top", ListBytes(size.users, ranked)},
            {"--cd-items", 2 * ListBytes(size.users, options_.items) +
                               ScoreBytes(size, size.batch_size, options_.items)}};
  }

  std::unique_ptr<Term> MakeTerm(const MethodContext& context) const override {
    CdOptions options = options_;
    OwnedInteractions rankings;
    if (TeacherGuides()) {
      options.guide = CdGuide::kTeacher;
      rankings = RankUpTo(context.teacher, context.dataset.train(), options_.top,
                          NamesOf(context.dataset), context.parallel, "--cd-top");
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

}  // namespace derrd
