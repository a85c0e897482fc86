// Memory for matrices.
#ifndef DERRD_CORE_MEMORY_H_
#define DERRD_CORE_MEMORY_H_

#include <cstddef>

namespace derrd {

// At least at cache-line boundaries, which is also the widest vector's. Large pieces lie on huge
// pages where the system has them: training reads scattered rows of tables far larger than what
// the processor's page tables cache. std::bad_alloc when there is no such memory.
void* AllocateAligned(std::size_t bytes);
// Frees what was allocated with the same number of bytes.
void FreeAligned(void* memory, std::size_t bytes);

}  // namespace derrd

#endif  // DERRD_CORE_MEMORY_H_
