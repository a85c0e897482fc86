#include "derrd/methods/objective.h"

namespace derrd {

std::vector<std::unique_ptr<Term>> Objective(const BaseModelOptions& model, const MethodSum& sum,
                                             MethodContext context) {
  std::vector<std::unique_ptr<Term>> terms;
  if (sum.HasBase()) terms.push_back(MakeBaseTerm(model));
  for (const Method* method : sum.methods) {
    context.terms = terms;
    terms.push_back(method->MakeTerm(context));
  }
  return terms;
}

}  // namespace derrd
