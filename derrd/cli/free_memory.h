// How much memory a run may take.
#ifndef DERRD_CLI_FREE_MEMORY_H_
#define DERRD_CLI_FREE_MEMORY_H_

#include <filesystem>
#include <string>

namespace derrd::cli {

// Bytes that can be had: what the system calls available, or the least limit of this process's
// control groups (a container's), if that is less. Infinity where neither can be told: the run
// decides then.
double FreeBytes();

// The least memory limit, in bytes, of the control groups that `groups` names (the text of
// /proc/self/cgroup) and of those around them; infinity without any. mount: where version 2 lies,
// and below it, in a folder for each controller, version 1.
double GroupLimit(const std::string& groups, const std::filesystem::path& mount);

}  // namespace derrd::cli

#endif  // DERRD_CLI_FREE_MEMORY_H_
