#include "derrd/core/memory.h"

#include <sys/mman.h>

#include <new>

namespace derrd {
namespace {

constexpr std::size_t kCacheLine = 64;
constexpr std::size_t kHugePage = std::size_t{1} << 21;

std::align_val_t AlignmentOf(std::size_t bytes) {
  return std::align_val_t{bytes >= kHugePage ? kHugePage : kCacheLine};
}

}  // namespace

void* AllocateAligned(std::size_t bytes) {
  void* memory = ::operator new(bytes, AlignmentOf(bytes));
  // Only whole huge pages. It is a wish: where it cannot be had, all else stays as it is.
  if (bytes >= kHugePage) madvise(memory, bytes & ~(kHugePage - 1), MADV_HUGEPAGE);
  return memory;
}

void FreeAligned(void* memory, std::size_t bytes) { ::operator delete(memory, AlignmentOf(bytes)); }

}  // namespace derrd
