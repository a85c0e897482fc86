// One experiment a folder at a time.
#ifndef DERRD_EXPERIMENT_FOLDER_LOCK_H_
#define DERRD_EXPERIMENT_FOLDER_LOCK_H_

#include <string>

namespace derrd {

// Makes the folder and holds it as long as this lives; Error when another process does. The lock
// is gone with its process, however that ends.
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
