// Several runs of a program at once.
#ifndef DERRD_EXPERIMENT_PROCESSES_H_
#define DERRD_EXPERIMENT_PROCESSES_H_

#include <sys/types.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace derrd {

// Children end with their parent, however that ends: the kernel kills them (which is why all calls
// must come from the thread that made this object, and it must outlive it). Not thread-safe.
class Processes {
 public:
  static constexpr int kNotStarted = 127;
  struct Ended {
    std::string name;
    int exit_code;  // 128 + the signal that killed it; kNotStarted when there was no such program
  };

  Processes();
  ~Processes();  // kills and awaits those that still run
  Processes(const Processes&) = delete;
  Processes& operator=(const Processes&) = delete;

  std::size_t running() const { return names_.size(); }
  bool IsRunning(const std::string& name) const;
  std::vector<std::string> names() const;  // of those that run

  // Starts words[0] (a path) with the words; standard output and error go to the file
  // `output`, which starts empty. Error when that cannot be done.
  void Start(const std::string& name, const std::vector<std::string>& words,
             const std::string& output);
  // One that has ended; nothing while none has.
  std::optional<Ended> TakeEnded();

 private:
  pid_t parent_;
  std::map<pid_t, std::string> names_;
};

}  // namespace derrd

#endif  // DERRD_EXPERIMENT_PROCESSES_H_
