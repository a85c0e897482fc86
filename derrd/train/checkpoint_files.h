// The files that checkpoints of a run are kept in: the last one in "OUTPUT.checkpoint", the one
// before it in "OUTPUT.checkpoint.previous". Each is one sealed safetensors file of the kind
// "checkpoint". And those of the models along a training.
#ifndef DERRD_TRAIN_CHECKPOINT_FILES_H_
#define DERRD_TRAIN_CHECKPOINT_FILES_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "derrd/core/safetensors.h"

namespace derrd {

// Where a run keeps its model as it was after so many epochs, for methods that learn from a
// teacher's way.
std::string KeptModelPath(const std::string& output, std::int32_t epochs);

class CheckpointFiles {
 public:
  static constexpr std::string_view kKind = "checkpoint";

  explicit CheckpointFiles(const std::string& output)
      : path_(output + ".checkpoint"), previous_(path_ + ".previous") {}

  const std::string& path() const { return path_; }
  const std::string& previous() const { return previous_; }

  bool Any() const;  // whether one of them is there
  // Seals and writes the last checkpoint, which makes the one there the one before it. At every
  // moment a whole one is there, also when it is killed or the disk is full (an Error that names
  // the file).
  void Write(SafetensorsWriter& writer);
  // The last one that is whole; nothing when there is none at all. `tell` is given a sentence about
  // the last one when it is passed over. Error when neither is whole.
  std::shared_ptr<const SafetensorsFile> OpenLast(
      const std::function<void(const std::string&)>& tell);
  void Remove() const;

 private:
  std::string path_, previous_;
  bool keep_ = true;  // the last one is, as far as is known, worth to be kept as the one before
};

}  // namespace derrd

#endif  // DERRD_TRAIN_CHECKPOINT_FILES_H_
