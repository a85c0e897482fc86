// What a distillation minimises.
#ifndef DERRD_CLI_OBJECTIVE_H_
#define DERRD_CLI_OBJECTIVE_H_

#include <memory>
#include <vector>

#include "derrd/cli/distill_options.h"
#include "derrd/core/parallel.h"
#include "derrd/data/dataset.h"
#include "derrd/models/model.h"
#include "derrd/train/term.h"

namespace derrd::cli {

// The loss on the data, where the methods leave one, and the methods' terms. All arguments must
// outlive them. teacher_path: "" where the teacher is no file yet. UsageError when a method's flags
// do not fit the data set or each other.
std::vector<std::unique_ptr<Term>> Objective(const DistillOptions& options, const MethodSum& sum,
                                             const Dataset& dataset, const Model& teacher,
                                             const std::string& teacher_path,
                                             std::size_t student_width, const Parallel& parallel);

}  // namespace derrd::cli

#endif  // DERRD_CLI_OBJECTIVE_H_
