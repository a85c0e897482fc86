#include "derrd/core/parallel.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <vector>

#include "derrd/core/error.h"
#include "derrd/kernels/blas_threads.h"

#if defined(DERRD_PLAIN_THREADS)
#include <exception>
#include <mutex>
#include <thread>
#else
#include <tbb/global_control.h>
#include <tbb/info.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>
#include <tbb/task_group.h>
#endif

#if defined(__SSE2__)
#include <immintrin.h>
#endif

namespace derrd {
namespace {

constexpr int kMostThreads = 1024;

#if defined(DERRD_PLAIN_THREADS)
int UsableCores() { return std::max(1, static_cast<int>(std::thread::hardware_concurrency())); }
#else
int UsableCores() { return tbb::info::default_concurrency(); }
#endif

}  // namespace

int ThreadsOf(int threads) {
  if (threads < 0 || threads > kMostThreads) {
    Fail<UsageError>("--threads {}: out of range; give 1 to {}, or leave it out for one a core",
                     threads, kMostThreads);
  }
  return threads > 0 ? threads : UsableCores();
}

#if defined(DERRD_PLAIN_THREADS)
// For the thread sanitizer, which cannot see into a TBB that was compiled without it: what TBB's
// scheduler orders would look like races. Each call starts threads of its own, so that only its
// beginning and its end order anything, and deals the tasks out in turn, so that neighbours always
// run on different threads, however fast one of these is.
struct Parallel::Arena {
  explicit Arena(int threads) : most_threads(static_cast<std::size_t>(threads)) {}

  void Run(std::size_t count, const std::function<void(std::size_t)>& task) const {
    const std::size_t threads = std::min(most_threads, count);
    std::atomic<bool> failed = false;
    std::mutex mutex;
    std::exception_ptr error;  // the first
    const auto work = [&](std::size_t thread) {
      const FlushDenormals flush;
      try {
        for (std::size_t i = thread; i < count && !failed.load(std::memory_order_relaxed);
             i += threads)
          task(i);
      } catch (...) {
        failed.store(true, std::memory_order_relaxed);
        const std::scoped_lock lock(mutex);
        if (!error) error = std::current_exception();
      }
    };
    {
      std::vector<std::jthread> others;
      for (std::size_t thread = 1; thread < threads; ++thread) others.emplace_back(work, thread);
      work(0);
    }
    if (error) std::rethrow_exception(error);
  }

  std::size_t most_threads;
};
#else
struct Parallel::Arena {
  explicit Arena(int threads)
      : control(tbb::global_control::max_allowed_parallelism, kMostThreads), arena(threads) {}
  // Lets the arena have more threads than the machine has cores. Of several such limits the lowest
  // holds, so it is the same for all and the arena alone says how many.
  tbb::global_control control;
  tbb::task_arena arena;

  // Each thread has a share of the tasks, of neighbours, that it takes first: the same one at every
  // call, so what lies in its caches stays of use. Then it helps the others.
  void Run(std::size_t count, const std::function<void(std::size_t)>& task) {
    const std::size_t threads = static_cast<std::size_t>(arena.max_concurrency());
    std::vector<Share> shares(std::min(threads, count));
    for (std::size_t s = 0; s < shares.size(); ++s) {
      shares[s].next = count * s / shares.size();
      shares[s].end = count * (s + 1) / shares.size();
    }
    arena.execute([&] {
      tbb::parallel_for(
          tbb::blocked_range<std::size_t>(0, shares.size()),
          [&](const tbb::blocked_range<std::size_t>&) { Work(shares, task); },
          tbb::simple_partitioner());
    });
  }

 private:
  struct alignas(64) Share {  // a cache line each
    std::atomic<std::size_t> next;
    std::size_t end;
  };

  static void Work(std::vector<Share>& shares, const std::function<void(std::size_t)>& task) {
    const FlushDenormals flush;
    const auto own = static_cast<std::size_t>(tbb::this_task_arena::current_thread_index());
    for (std::size_t s = 0; s < shares.size(); ++s) {
      Share& share = shares[(own + s) % shares.size()];
      for (std::size_t i = share.next++; i < share.end; i = share.next++) {
        if (tbb::is_current_task_group_canceling()) return;
        task(i);
      }
    }
  }
};
#endif

Parallel::Parallel(int threads)
    : threads_(ThreadsOf(threads)), arena_(std::make_unique<Arena>(threads_)) {
  kernels::UseCallingThread();
}

Parallel::~Parallel() = default;

void Parallel::For(std::size_t count, const std::function<void(std::size_t)>& task) const {
  if (count == 0) return;
  if (count == 1 || threads_ == 1) {
    const FlushDenormals flush;
    for (std::size_t i = 0; i < count; ++i) task(i);
    return;
  }
  arena_->Run(count, task);
}

void Parallel::ForRanges(std::size_t size, std::size_t grain,
                         const std::function<void(std::size_t, std::size_t)>& task) const {
  ForRanges(std::array{Range{size, grain}},
            [&](std::size_t, std::size_t begin, std::size_t end) { task(begin, end); });
}

void Parallel::ForRanges(
    std::span<const Range> ranges,
    const std::function<void(std::size_t, std::size_t, std::size_t)>& task) const {
  const auto pieces = [](const Range& range) {
    return (range.size + range.grain - 1) / range.grain;
  };
  std::size_t count = 0;
  for (const Range& range : ranges) count += pieces(range);
  For(count, [&](std::size_t piece) {
    std::size_t which = 0;
    for (; piece >= pieces(ranges[which]); ++which) piece -= pieces(ranges[which]);
    const auto [size, grain] = ranges[which];
    task(which, piece * grain, std::min(size, (piece + 1) * grain));
  });
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
