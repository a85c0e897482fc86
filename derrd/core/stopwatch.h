// Seconds since it was made.
#ifndef DERRD_CORE_STOPWATCH_H_
#define DERRD_CORE_STOPWATCH_H_

#include <chrono>

namespace derrd {

class Stopwatch {
 public:
  double Seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace derrd

#endif  // DERRD_CORE_STOPWATCH_H_
