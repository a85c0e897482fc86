#include "derrd/cli/objective.h"

namespace derrd::cli {

std::vector<std::unique_ptr<Term>> Objective(const DistillOptions& options, const MethodSum& sum,
                                             const Dataset& dataset, const Model& teacher,
                                             const std::string& teacher_path,
                                             std::size_t student_width, const Parallel& parallel) {
  std::vector<std::unique_ptr<Term>> terms;
  if (sum.HasBase()) terms.push_back(MakeBaseTerm(options.model));
  const MethodContext context{dataset,      teacher,  teacher_path, student_width,
                              options.seed, parallel, terms};
  for (const Method* method : sum.methods) terms.push_back(method->MakeTerm(context));
  return terms;
}

}  // namespace derrd::cli
