// The log of a run: a JSON line an epoch.
#ifndef DERRD_CLI_EPOCH_LOG_H_
#define DERRD_CLI_EPOCH_LOG_H_

#include <fstream>
#include <string>

#include "derrd/train/trainer.h"

namespace derrd::cli {

// There to be read while the run goes on and after it failed. No path: only kept. Starts with the
// lines of epochs that an earlier part of the run trained.
class EpochLog {
 public:
  EpochLog(const std::string& path, std::string lines);
  void Add(const EpochReport& report);
  const std::string& lines() const { return lines_; }

 private:
  void Write(const std::string& text);

  std::string path_, lines_;
  std::ofstream stream_;
};

// What the progress line says of the last epoch; `keep` is the metric by which an epoch is kept.
std::string NoteOf(const EpochReport& report, const std::string& keep);

}  // namespace derrd::cli

#endif  // DERRD_CLI_EPOCH_LOG_H_
