// What a command is about to write, checked before it works.
#ifndef DERRD_CLI_OUTPUTS_H_
#define DERRD_CLI_OUTPUTS_H_

#include <string>
#include <vector>

namespace derrd::cli {

// UsageError when an output is also an input or another output (also through a link), or when that
// is what an output is called while it is written, or when the first output has no name; Error when
// one cannot be written. Empty names of others are passed over.
void CheckOutputs(const std::vector<std::string>& outputs, const std::vector<std::string>& inputs);

}  // namespace derrd::cli

#endif  // DERRD_CLI_OUTPUTS_H_
