// --checkpoint-every and --resume of a training run.
#ifndef DERRD_CLI_CHECKPOINTS_H_
#define DERRD_CLI_CHECKPOINTS_H_

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "derrd/core/safetensors.h"
#include "derrd/train/checkpoint_files.h"
#include "derrd/train/trainer.h"

namespace derrd::cli {

struct CheckpointOptions {
  std::int32_t every = 0;  // epochs; 0: none are written
  bool resume = false;
};

// What stands in a checkpoint besides the trainer's state: the version of the program, the run's
// whole configuration (with the fingerprints of the files it reads), and its log so far.
class Checkpoints {
 public:
  // With options.resume, opens the last whole checkpoint beside `output`, and says so on standard
  // error when it is not the very last or when there is none. UsageError that says what differs
  // when it is of another run.
  Checkpoints(const CheckpointOptions& options, const std::string& output,
              nlohmann::ordered_json config);

  // The files that may be written.
  static std::vector<std::string> Paths(const CheckpointOptions& options,
                                        const std::string& output);

  // Brings the trainer to where the opened checkpoint stands and returns the log of the epochs
  // before; nothing happens without one.
  std::string Restore(Trainer& trainer);
  // Writes a checkpoint when it is time for one.
  void AfterEpoch(Trainer& trainer, const std::string& log);
  // The model is written: the checkpoints are not needed any more.
  void Remove();

 private:
  CheckpointOptions options_;
  CheckpointFiles files_;
  std::string config_;
  std::shared_ptr<const SafetensorsFile> last_;
};

}  // namespace derrd::cli

#endif  // DERRD_CLI_CHECKPOINTS_H_
