#include "derrd/serve/access_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <ctime>

#include "derrd/core/error.h"
#include "derrd/serve/json_text.h"

namespace derrd::serve {
namespace {

constexpr std::size_t kMostPending = 16u << 20;  // bytes

}  // namespace

std::string TimeText(std::chrono::system_clock::time_point time) {
  using std::chrono::milliseconds;
  const auto since = std::chrono::duration_cast<milliseconds>(time.time_since_epoch()).count();
  const auto seconds = static_cast<std::time_t>(since / 1000);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900,
                     parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                     since % 1000);
}

void LogEvent(std::string_view event,
              std::initializer_list<std::pair<std::string_view, std::string_view>> fields) {
  std::string line;
  Append(line, R"({{"time":"{}","event":"{}")", TimeText(std::chrono::system_clock::now()), event);
  for (const auto& [name, text] : fields) {
    Append(line, R"(,"{}":)", name);
    AppendJsonString(line, text);
  }
  line += "}\n";
  std::fwrite(line.data(), 1, line.size(), stderr);
}

AccessLog::AccessLog(std::string path) : path_(std::move(path)) {
  Open();
  thread_ = std::thread([this] { Run(); });
}

AccessLog::~AccessLog() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_one();
  thread_.join();
  if (path_ != "-") ::close(descriptor_);
}

bool AccessLog::Write(std::string& lines) {
  {
    const std::lock_guard lock(mutex_);
    if (broken_ || pending_.size() + lines.size() > kMostPending) {
      lines.clear();
      return false;
    }
    pending_ += lines;
  }
  lines.clear();
  wake_.notify_one();
  return true;
}

void AccessLog::Reopen() {
  {
    const std::lock_guard lock(mutex_);
    reopen_ = true;
  }
  wake_.notify_one();
}

void AccessLog::Run() {
  std::string lines;
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [&] { return stop_ || reopen_ || !pending_.empty(); });
    if (stop_ && pending_.empty()) return;
    const bool reopen = std::exchange(reopen_, false);
    lines.swap(pending_);
    lock.unlock();
    bool written = true;
    try {
      if (reopen) Open();
      written = WriteAll(lines);
    } catch (const Error& error) {
      written = WriteAll(lines);  // the old file still takes them
      LogEvent("access_log_not_reopened", {{"message", error.what()}});
    }
    if (!written) LogEvent("access_log_broken", {{"path", path_}, {"message", "cannot write"}});
    lines.clear();
    lock.lock();
    broken_ = !written;
  }
}

void AccessLog::Open() {
  if (path_ == "-") {
    descriptor_ = STDOUT_FILENO;
    return;
  }
  const int opened = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
  if (opened < 0) FailWithErrno("open the access log", path_);
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = opened;
}

bool AccessLog::WriteAll(std::string_view lines) {
  while (!lines.empty()) {
    const ssize_t written = ::write(descriptor_, lines.data(), lines.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    lines.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace derrd::serve
