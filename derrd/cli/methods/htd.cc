// Hierarchical Topology Distillation on the command line.
#include "derrd/cli/command.h"
#include "derrd/cli/method.h"
#include "derrd/train/htd_term.h"

namespace derrd::cli {
namespace {

class Htd : public Method {
 public:
  MethodInfo info() const override {
    return {"htd",
            "lambda * [ alpha * (cosines within groups and to their prototypes, squared gaps) + "
            "(1 - alpha) * (de's loss, an expert a group) ]",
            TeacherNeed::kRepresentations,
            "Topology Distillation (Kang et al., KDD 2021), section 4.2"};
  }

  void AddFlags(CLI::App& app) override {
    Annealing& temperature = options_.temperature;
    AddFlag(app, "--lambda-htd", options_.weight, "Weight of the HTD loss", Number(0, 1e6));
    AddFlag(app, "--htd-alpha", options_.alpha,
            "Share of the topology's loss; the rest is that of the group assignment", Number(0, 1));
    AddFlag(app, "--htd-groups", options_.groups, "Groups of users, and as many of items",
            WholeNumber(1, 4096));
    AddFlag(app, "--htd-initial-temperature", temperature.initial,
            "Temperature of the group assignment at epoch 0", Number(1e-30, 1e6));
    AddFlag(app, "--htd-final-temperature", temperature.final,
            "Temperature at epoch --htd-temperature-epochs and after", Number(1e-30, 1e6));
    AddFlag(app, "--htd-temperature-epochs", temperature.epochs,
            "Epochs from the initial to the final temperature", Number(1e-3, 1e9));
    AddFlag(app, "--htd-routing-tolerance", options_.routing_tolerance,
            "Selection weight of a row that may be left out, in all (0: compute every one)",
            Number(0, 0.499));
  }

  nlohmann::ordered_json Config() const override {
    return {{"weight", options_.weight},
            {"alpha", options_.alpha},
            {"groups", options_.groups},
            {"initial_temperature", options_.temperature.initial},
            {"final_temperature", options_.temperature.final},
            {"temperature_epochs", options_.temperature.epochs},
            {"routing_tolerance", options_.routing_tolerance}};
  }

  std::vector<MemoryNeed> NeedsWithTeacher(const RunSize& size,
                                           std::size_t teacher_width) const override {
    return {{"--htd-groups",
             ExpertBytes(ExpertShape::For(options_.groups, size.width, teacher_width), size)}};
  }

  std::unique_ptr<Term> MakeTerm(const MethodContext& context) const override {
    return std::make_unique<HtdTerm>(context.teacher, context.student_width, options_,
                                     context.seed);
  }

 private:
  HtdTermOptions options_;
};

}  // namespace

std::unique_ptr<Method> MakeHtd() { return std::make_unique<Htd>(); }

}  // namespace derrd::cli
