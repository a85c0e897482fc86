// Distillation Experts on the command line.
#include "derrd/cli/command.h"
#include "derrd/cli/method.h"
#include "derrd/train/de_term.h"

namespace derrd::cli {
namespace {

class De : public Method {
 public:
  MethodInfo info() const override {
    return {"de", "lambda * sum_n w_n |t_n - sum_m z_nm E_m(s_n)|^2, z a Gumbel-softmax of t_n",
            TeacherNeed::kRepresentations, "DE-RRD (Kang et al., CIKM 2020), section 3.1"};
  }

  void AddFlags(CLI::App& app) override {
    Annealing& temperature = options_.temperature;
    AddFlag(app, "--lambda-de", options_.weight, "Weight of the DE loss", Number(0, 1e6));
    AddFlag(app, "--de-experts", options_.experts, "Experts for users, and as many for items",
            WholeNumber(1, 4096));
    AddFlag(app, "--de-initial-temperature", temperature.initial, "Temperature at epoch 0",
            Number(1e-30, 1e6));
    AddFlag(app, "--de-final-temperature", temperature.final,
            "Temperature at epoch --de-temperature-epochs and after", Number(1e-30, 1e6));
    AddFlag(app, "--de-temperature-epochs", temperature.epochs,
            "Epochs from the initial to the final temperature", Number(1e-3, 1e9));
    AddFlag(app, "--de-routing-tolerance", options_.routing_tolerance,
            "Selection weight of a row that may be left out, in all (0: compute every one)",
            Number(0, 0.499));
  }

  nlohmann::ordered_json Config() const override {
    return {{"weight", options_.weight},
            {"experts", options_.experts},
            {"initial_temperature", options_.temperature.initial},
            {"final_temperature", options_.temperature.final},
            {"temperature_epochs", options_.temperature.epochs},
            {"routing_tolerance", options_.routing_tolerance}};
  }

  std::vector<MemoryNeed> NeedsWithTeacher(const RunSize& size,
                                           std::size_t teacher_width) const override {
    return {{"--de-experts",
             ExpertBytes(ExpertShape::For(options_.experts, size.width, teacher_width), size)}};
  }

  std::unique_ptr<Term> MakeTerm(const MethodContext& context) const override {
    return std::make_unique<DeTerm>(context.teacher, context.student_width, options_, context.seed);
  }

 private:
  DeTermOptions options_;
};

}  // namespace

std::unique_ptr<Method> MakeDe() { return std::make_unique<De>(); }

}  // namespace derrd::cli
