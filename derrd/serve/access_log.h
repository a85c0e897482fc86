// What was asked and answered, and what happened to the server: lines of JSON.
#ifndef DERRD_SERVE_ACCESS_LOG_H_
#define DERRD_SERVE_ACCESS_LOG_H_

#include <chrono>
#include <condition_variable>
#include <initializer_list>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace derrd::serve {

// "2026-11-24T15:53:20.123Z"
std::string TimeText(std::chrono::system_clock::time_point time);

// Writes {"time": ..., "event": event, field: text, ...} to standard error.
void LogEvent(std::string_view event,
              std::initializer_list<std::pair<std::string_view, std::string_view>> fields = {});

// A file that lines are appended to by a thread of its own, so that nobody who answers requests
// waits for a disk or a full pipe.
class AccessLog {
 public:
  // "-": standard output. Error when the file cannot be written.
  explicit AccessLog(std::string path);
  ~AccessLog();  // after all lines are written
  AccessLog(const AccessLog&) = delete;
  AccessLog& operator=(const AccessLog&) = delete;

  // Takes whole lines and leaves an empty buffer. Any thread may call it. False when they were
  // dropped because 16 MiB wait already, or writing fails.
  bool Write(std::string& lines);
  // The file is opened again under its name before the next line: it may have been moved away.
  void Reopen();

 private:
  void Run();
  void Open();  // Error when that fails
  bool WriteAll(std::string_view lines);

  const std::string path_;
  int descriptor_ = -1;  // by the thread, once it runs
  std::mutex mutex_;
  std::condition_variable wake_;
  std::string pending_;                                  // by mutex_
  bool reopen_ = false, stop_ = false, broken_ = false;  // by mutex_
  std::thread thread_;
};

}  // namespace derrd::serve

#endif  // DERRD_SERVE_ACCESS_LOG_H_
