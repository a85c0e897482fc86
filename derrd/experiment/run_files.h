// The files of an experiment's runs, and what is known from them.
#ifndef DERRD_EXPERIMENT_RUN_FILES_H_
#define DERRD_EXPERIMENT_RUN_FILES_H_

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "derrd/models/model.h"

namespace derrd {

// A folder with, for each run NAME: NAME.derrd (the model), NAME.jsonl (its log), NAME.txt (what it
// said) and, once it is done, NAME.json, its facts:
//
//   {"config", "valid", "parameters", "bytes", "epochs", "seconds"}, and once it was asked for
//   "test", "microseconds_per_query", of a teacher "int8" (costs.h), and "overlap" with teachers by
//   their run;
//   or {"error"} for a run whose loss was not finite.
//
// Facts are read once and kept. Not thread-safe.
class RunFiles {
 public:
  using Json = nlohmann::ordered_json;

  explicit RunFiles(std::string folder) : folder_(std::move(folder)) {}  // may be absent yet

  std::string Model(const std::string& run) const { return Path(run, ".derrd"); }
  std::string Log(const std::string& run) const { return Path(run, ".jsonl"); }
  std::string Said(const std::string& run) const { return Path(run, ".txt"); }

  // Null until it is done. A file that is not whole counts as absent.
  const Json& Facts(const std::string& run);
  void SetFacts(const std::string& run, Json facts);
  void RemoveModel(const std::string& run);
  void Forget(const std::string& run);  // as if it had never been done

 private:
  std::string Path(const std::string& run, const char* ending) const;

  std::string folder_;
  std::map<std::string, Json> facts_;
};

// The facts of a trained model, read from `path`, but for those that are measured: what its file
// says, and its log where there is one.
nlohmann::ordered_json TrainedFacts(const ModelFile& file, const std::string& path,
                                    const std::string& log);

// Models along a trained run's training, written by --keep-every: `count` of them, spread evenly
// over those before the epoch that was kept in the end, the earliest first; all where there are
// fewer. Error when there is none.
std::vector<std::string> StagesOf(RunFiles& files, const std::string& run, std::size_t count);

// The last line of what a run said.
std::string LastWords(const RunFiles& files, const std::string& run);

// How far a run has come that is under way, as "epoch 78, HR@5 0.5321"; "" before its first epoch
// has ended. Reads its log.
std::string LastEpoch(const RunFiles& files, const std::string& run, const std::string& metric);

}  // namespace derrd

#endif  // DERRD_EXPERIMENT_RUN_FILES_H_
