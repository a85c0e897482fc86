// What is told of the work before training.
#ifndef DERRD_CLI_PREPARATION_H_
#define DERRD_CLI_PREPARATION_H_

#include <cstddef>
#include <optional>
#include <string>

#include "derrd/cli/progress.h"
#include "derrd/methods/method.h"

namespace derrd::cli {

// Notes on standard error, and a progress line for one piece of work, which ends with this.
class Preparation {
 public:
  Preparation();
  ~Preparation();
  Preparation(const Preparation&) = delete;
  Preparation& operator=(const Preparation&) = delete;

  const Listener& listener() const { return listener_; }

 private:
  void Update(const std::string& work, const std::string& unit, std::size_t done, std::size_t all);
  void Finish(const std::string& result);

  std::optional<Progress> progress_;
  std::size_t done_ = 0;
  Listener listener_;
};

}  // namespace derrd::cli

#endif  // DERRD_CLI_PREPARATION_H_
