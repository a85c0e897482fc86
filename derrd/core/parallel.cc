#include "derrd/core/parallel.h"

#include <tbb/global_control.h>
#include <tbb/info.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <algorithm>

#include "derrd/core/error.h"

#if defined(__SSE2__)
#include <immintrin.h>
#endif

namespace derrd {
namespace {

constexpr int kMostThreads = 1024;

int CheckedThreads(int threads) {
  if (threads < 0 || threads > kMostThreads) {
    Fail<UsageError>("--threads {}: out of range; give 1 to {}, or leave it out for one a core",
                     threads, kMostThreads);
  }
  return threads > 0 ? threads : tbb::info::default_concurrency();
}

}  // namespace

struct Parallel::Arena {
  explicit Arena(int threads)
      : control(tbb::global_control::max_allowed_parallelism, kMostThreads), arena(threads) {}
  // Lets the arena have more threads than the machine has cores. Of several such limits the lowest
  // holds, so it is the same for all and the arena alone says how many.
  tbb::global_control control;
  tbb::task_arena arena;
};

Parallel::Parallel(int threads)
    : threads_(CheckedThreads(threads)), arena_(std::make_unique<Arena>(threads_)) {}

Parallel::~Parallel() = default;

void Parallel::For(std::size_t count, const std::function<void(std::size_t)>& task) const {
  if (count == 0) return;
  if (count == 1 || threads_ == 1) {
    const FlushDenormals flush;
    for (std::size_t i = 0; i < count; ++i) task(i);
    return;
  }
  arena_->arena.execute([&] {
    tbb::parallel_for(
        tbb::blocked_range<std::size_t>(0, count),
        [&](const tbb::blocked_range<std::size_t>& range) {
          const FlushDenormals flush;
          for (std::size_t i = range.begin(); i < range.end(); ++i) task(i);
        },
        tbb::simple_partitioner());
  });
}

void Parallel::ForRanges(std::size_t size, std::size_t grain,
                         const std::function<void(std::size_t, std::size_t)>& task) const {
  For((size + grain - 1) / grain,
      [&](std::size_t i) { task(i * grain, std::min(size, (i + 1) * grain)); });
}

#if defined(__SSE2__)
FlushDenormals::FlushDenormals() : saved_(_mm_getcsr()) {
  constexpr unsigned kFlushToZero = 0x8000, kDenormalsAreZero = 0x0040;
  _mm_setcsr(static_cast<unsigned>(saved_) | kFlushToZero | kDenormalsAreZero);
}
FlushDenormals::~FlushDenormals() { _mm_setcsr(static_cast<unsigned>(saved_)); }
#elif defined(__aarch64__)
FlushDenormals::FlushDenormals() {
  constexpr unsigned long long kFlushToZero = 1ull << 24;
  asm volatile("mrs %0, fpcr" : "=r"(saved_));
  asm volatile("msr fpcr, %0" : : "r"(saved_ | kFlushToZero));
}
FlushDenormals::~FlushDenormals() { asm volatile("msr fpcr, %0" : : "r"(saved_)); }
#else
FlushDenormals::FlushDenormals() : saved_(0) {}
FlushDenormals::~FlushDenormals() = default;
#endif

double TreeSum(std::span<const double> parts) {
  if (parts.empty()) return 0.0;
  if (parts.size() == 1) return parts[0];
  const std::size_t half = parts.size() / 2;
  return TreeSum(parts.first(half)) + TreeSum(parts.subspan(half));
}

}  // namespace derrd
