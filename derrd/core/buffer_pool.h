// Scratch memory for the tasks of a parallel loop.
#ifndef DERRD_CORE_BUFFER_POOL_H_
#define DERRD_CORE_BUFFER_POOL_H_

#include <mutex>
#include <utility>
#include <vector>

#include "derrd/core/matrix.h"

namespace derrd {

// Buffers that tasks hand on to each other, so that there are as many as threads and not as tasks,
// and the last one used is the next one taken: it still lies in a cache. Threads may share a pool.
template <typename T>
class BufferPool {
 public:
  // Of any shape and with anything in it: Reshape it.
  Matrix<T> Take() {
    const std::lock_guard lock(mutex_);
    if (buffers_.empty()) return {};
    Matrix<T> buffer = std::move(buffers_.back());
    buffers_.pop_back();
    return buffer;
  }
  void Give(Matrix<T> buffer) {
    const std::lock_guard lock(mutex_);
    buffers_.push_back(std::move(buffer));
  }

 private:
  std::mutex mutex_;
  std::vector<Matrix<T>> buffers_;
};

}  // namespace derrd

#endif  // DERRD_CORE_BUFFER_POOL_H_
