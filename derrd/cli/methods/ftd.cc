// Full Topology Distillation on the command line.
#include "derrd/cli/command.h"
#include "derrd/cli/method.h"
#include "derrd/train/ftd_term.h"

namespace derrd::cli {
namespace {

class Ftd : public Method {
 public:
  MethodInfo info() const override {
    return {"ftd", "lambda * sum_ij ( cos(t_i, t_j) - cos(s_i, s_j) )^2 over a batch's entities",
            TeacherNeed::kRepresentations,
            "Topology Distillation (Kang et al., KDD 2021), section 4.1"};
  }

  void AddFlags(CLI::App& app) override {
    AddFlag(app, "--lambda-ftd", options_.weight, "Weight of the FTD loss", Number(0, 1e6));
  }

  nlohmann::ordered_json Config() const override { return {{"weight", options_.weight}}; }

  std::unique_ptr<Term> MakeTerm(const MethodContext& context) const override {
    return std::make_unique<FtdTerm>(context.teacher, options_);
  }

 private:
  FtdTermOptions options_;
};

}  // namespace

std::unique_ptr<Method> MakeFtd() { return std::make_unique<Ftd>(); }

}  // namespace derrd::cli
