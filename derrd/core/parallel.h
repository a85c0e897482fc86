// The threads of a run, and the one way to use them.
//
// Work is cut into numbered tasks by the caller, never by the number of threads; a task writes only
// what belongs to its number. Together with random draws that are functions of their position this
// makes every result the same, bit for bit, at any number of threads.
#ifndef DERRD_CORE_PARALLEL_H_
#define DERRD_CORE_PARALLEL_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <span>

namespace derrd {

// Owns an arena of exactly `threads` threads (the caller's is one of them), also on a machine with
// fewer cores. Make one for a run and pass it down. For() may be called by one thread at a time,
// and by the tasks of a For() that is under way.
class Parallel {
 public:
  // threads >= 1; 0 means one a core that this process may use.
  explicit Parallel(int threads = 0);
  ~Parallel();
  Parallel(const Parallel&) = delete;
  Parallel& operator=(const Parallel&) = delete;

  int threads() const { return threads_; }

  // Calls task(0) ... task(count - 1), each once, in any order, on any thread, and returns when all
  // are done. A thread prefers the same share of neighbouring numbers at every call (not in a build
  // for the thread sanitizer), so a caller whose tasks have the same data each time mostly finds
  // them in that thread's caches. An exception of a task ends the rest and is rethrown. Denormal
  // numbers are flushed to zero inside tasks (they slow plain code three- to fivefold); the
  // caller's state is restored.
  void For(std::size_t count, const std::function<void(std::size_t)>& task) const;

  // The same over ranges: task(begin, end) for [0, size) cut into pieces of `grain` elements.
  void ForRanges(std::size_t size, std::size_t grain,
                 const std::function<void(std::size_t, std::size_t)>& task) const;

  // The same over several such ranges at once, which costs one wait for all: task(which, begin,
  // end).
  struct Range {
    std::size_t size, grain;
  };
  void ForRanges(std::span<const Range> ranges,
                 const std::function<void(std::size_t, std::size_t, std::size_t)>& task) const;

 private:
  struct Arena;
  int threads_;
  std::unique_ptr<Arena> arena_;
};

// How many threads Parallel(threads) will have. UsageError when it would refuse.
int ThreadsOf(int threads);

// Flushes denormal numbers to zero on this thread for as long as it lives, then restores the
// thread's former state.
class FlushDenormals {
 public:
  FlushDenormals();
  ~FlushDenormals();
  FlushDenormals(const FlushDenormals&) = delete;
  FlushDenormals& operator=(const FlushDenormals&) = delete;

 private:
  unsigned long long saved_;
};

// The sum along a fixed binary tree: the same bits whoever computed the parts, and an error that
// grows with log n.
double TreeSum(std::span<const double> parts);

}  // namespace derrd

#endif  // DERRD_CORE_PARALLEL_H_
