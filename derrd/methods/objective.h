// What a distillation minimises.
#ifndef DERRD_METHODS_OBJECTIVE_H_
#define DERRD_METHODS_OBJECTIVE_H_

#include <memory>
#include <vector>

#include "derrd/methods/base_model.h"
#include "derrd/methods/method_table.h"
#include "derrd/train/term.h"

namespace derrd {

// The loss on the data, where the methods leave one, and the methods' terms, which hold the sum's
// methods and what the context names. UsageError when hyper-parameters do not fit the data set or
// each other.
std::vector<std::unique_ptr<Term>> Objective(const BaseModelOptions& model, const MethodSum& sum,
                                             MethodContext context);

}  // namespace derrd

#endif  // DERRD_METHODS_OBJECTIVE_H_
