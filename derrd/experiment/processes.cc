#include "derrd/experiment/processes.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "derrd/core/error.h"

namespace derrd {
namespace {

// After fork() and before the program: only calls that are safe there.
[[noreturn]] void Become(pid_t parent, int output, char* const* words) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(Processes::kNotStarted);  // it died before it could be told of
  const int input = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ::dup2(input, STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  ::execv(words[0], words);
  ::_exit(Processes::kNotStarted);
}

}  // namespace

Processes::Processes() : parent_(::getpid()) {}

Processes::~Processes() {
  for (const auto& [pid, name] : names_) ::kill(pid, SIGKILL);
  for (const auto& [pid, name] : names_) ::waitpid(pid, nullptr, 0);
}

bool Processes::IsRunning(const std::string& name) const {
  return std::ranges::any_of(names_, [&](const auto& entry) { return entry.second == name; });
}

std::vector<std::string> Processes::names() const {
  std::vector<std::string> names;
  for (const auto& [pid, name] : names_) names.push_back(name);
  return names;
}

void Processes::Start(const std::string& name, const std::vector<std::string>& words,
                      const std::string& output) {
  std::vector<char*> pointers;
  for (const std::string& word : words) pointers.push_back(const_cast<char*>(word.c_str()));
  pointers.push_back(nullptr);
  const int file = ::open(output.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) FailWithErrno("write", output);
  const pid_t pid = ::fork();
  if (pid == 0) Become(parent_, file, pointers.data());
  ::close(file);
  if (pid < 0) FailWithErrno("start", words.front());
  names_[pid] = name;
}

std::optional<Processes::Ended> Processes::TakeEnded() {
  for (const auto& [pid, name] : names_) {
    int status = 0;
    const pid_t ended_pid = ::waitpid(pid, &status, WNOHANG);
    if (ended_pid < 0 && errno != EINTR) FailWithErrno("wait for", name);
    if (ended_pid != pid) continue;
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    Ended ended{name, code};
    names_.erase(pid);
    return ended;
  }
  return std::nullopt;
}

}  // namespace derrd
