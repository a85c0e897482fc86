// How far a long piece of work has come, on standard error.
#ifndef DERRD_CLI_PROGRESS_H_
#define DERRD_CLI_PROGRESS_H_

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <string>
#include <string_view>

namespace derrd::cli {

// On a terminal one line with a bar, percent, rate and time left, redrawn at most 10 times a second
// and cut to the terminal's width:
//
//   recommend [=========>          ]  45 %  2,349 of 5,219 users  912 users/s  3 s left
//
// elsewhere (a file, a pipe) plain lines, at most one every 10 seconds. Finish() always leaves one
// last line. Not thread-safe.
class Progress {
 public:
  using Clock = std::function<std::chrono::duration<double>()>;  // time since any fixed moment

  // `unit` is what is counted, in the plural: "users", "epochs". A total of 0 is one that is not
  // known.
  Progress(std::string label, std::uint64_t total, std::string unit);
  // To any stream, as if it were a terminal of that many columns; 0 columns: not a terminal.
  Progress(std::string label, std::uint64_t total, std::string unit, std::FILE* stream,
           std::size_t columns, Clock clock);
  ~Progress();  // ends an open line, so that an error message starts on its own
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // `note` is free text that follows: "loss 0.412, HR@5 0.451".
  void Update(std::uint64_t done, std::string_view note = {});
  // Says how many were done in what time. For work that ends early (early stopping) `done` is less
  // than the total.
  void Finish(std::uint64_t done, std::string_view note = {});

 private:
  std::string Line(std::uint64_t done, double seconds, std::string_view note) const;
  void Show(const std::string& line, bool last);

  std::string label_, unit_;
  std::uint64_t total_;
  std::FILE* stream_;
  std::size_t columns_;
  Clock clock_;
  std::chrono::duration<double> start_, shown_;
  bool open_ = false;  // a line stands on the terminal without its end
};

// "0.4 s", "12 s", "3 min 20 s", "2 h 5 min".
std::string HumanDuration(double seconds);

}  // namespace derrd::cli

#endif  // DERRD_CLI_PROGRESS_H_
