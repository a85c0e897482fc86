// A progress line for each text file that is being read.
#ifndef DERRD_CLI_READING_PROGRESS_H_
#define DERRD_CLI_READING_PROGRESS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "derrd/cli/progress.h"
#include "derrd/data/record_reader.h"

namespace derrd::cli {

// A ProgressCallback, by std::ref. Ends its last line when it goes.
class ReadingProgress {
 public:
  ~ReadingProgress() { Finish(); }

  void operator()(const ReadProgress& now) {
    if (!progress_ || path_ != now.path) {
      Finish();
      path_ = now.path;
      progress_.emplace("read " + path_, now.size / kMegabyte, "MB");
    }
    megabytes_ = now.bytes_read / kMegabyte;
    progress_->Update(megabytes_);
  }

 private:
  static constexpr std::uint64_t kMegabyte = 1000000;

  void Finish() {
    if (progress_) progress_->Finish(megabytes_);
    progress_.reset();
  }

  std::string path_;
  std::optional<Progress> progress_;
  std::uint64_t megabytes_ = 0;
};

}  // namespace derrd::cli

#endif  // DERRD_CLI_READING_PROGRESS_H_
