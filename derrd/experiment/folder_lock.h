// The folder of an experiment, and one experiment a folder at a time.
#ifndef DERRD_EXPERIMENT_FOLDER_LOCK_H_
#define DERRD_EXPERIMENT_FOLDER_LOCK_H_

#include <string>

namespace derrd {

// And the folders above it. Error where that cannot be.
void MakeFolder(const std::string& folder);

// Makes the folder and holds it as long as this, or a process that was started meanwhile, lives;
// Error when another process holds it for longer than a few seconds. The lock is gone with its
// processes, however they end. Where the file system has no locks, everybody holds it.
class FolderLock {
 public:
  explicit FolderLock(const std::string& folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int descriptor_;
};

}  // namespace derrd

#endif  // DERRD_EXPERIMENT_FOLDER_LOCK_H_
