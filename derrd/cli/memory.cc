#include "derrd/cli/memory.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "derrd/cli/free_memory.h"
#include "derrd/core/error.h"

namespace derrd::cli {

void CheckMemory(const std::vector<MemoryNeed>& needs) { CheckMemory(needs, FreeBytes()); }

void CheckMemory(const std::vector<MemoryNeed>& needs, double free_bytes) {
  double total = 0.0;
  std::string parts;
  for (const MemoryNeed& need : needs) {
    total += need.bytes;
    if (need.bytes == 0.0) continue;
    parts += fmt::format("{}{} {:.3g} GB", parts.empty() ? "" : ", ", need.flag, need.bytes / 1e9);
  }
  if (total <= free_bytes) return;
  const MemoryNeed& most = *std::ranges::max_element(needs, {}, &MemoryNeed::bytes);
  Fail<UsageError>("{}: needs about {:.3g} GB of memory ({}) and {:.3g} GB are free; give less",
                   most.flag, total / 1e9, parts, free_bytes / 1e9);
}

}  // namespace derrd::cli
