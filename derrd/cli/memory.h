// Whether what a run will need of memory is free.
#ifndef DERRD_CLI_MEMORY_H_
#define DERRD_CLI_MEMORY_H_

#include <vector>

#include "derrd/methods/memory_needs.h"

namespace derrd::cli {

// UsageError when so much memory together is not free: names the flag that needs most, the figure
// of each and what is free.
void CheckMemory(const std::vector<MemoryNeed>& needs);
void CheckMemory(const std::vector<MemoryNeed>& needs, double free_bytes);

}  // namespace derrd::cli

#endif  // DERRD_CLI_MEMORY_H_
