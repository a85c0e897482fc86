// The flags of `derrd distill`.
#ifndef DERRD_CLI_DISTILL_OPTIONS_H_
#define DERRD_CLI_DISTILL_OPTIONS_H_

#include <string>
#include <vector>

#include "derrd/cli/training.h"
#include "derrd/methods/method_table.h"

namespace derrd::cli {

struct DistillOptions : TrainingOptions {
  std::string teacher;
  std::string method = "de-rrd";
  MethodTable table;
};

// Declares them all, and sets their defaults. The options must outlive the app.
void AddDistillOptions(CLI::App& app, DistillOptions& options);

// UsageError when a flag has no meaning beside the method: a base loss where none is learned, a
// kind of student that is not solved or cut, checkpoints of what is not trained.
void CheckUsage(const DistillOptions& options, const MethodSum& sum);
// What the student and its methods will hold, as far as can be told before the teacher is opened.
std::vector<MemoryNeed> NeedsBeforeTeacher(const DistillOptions& options, const MethodSum& sum,
                                           const Dataset& dataset);

}  // namespace derrd::cli

#endif  // DERRD_CLI_DISTILL_OPTIONS_H_
