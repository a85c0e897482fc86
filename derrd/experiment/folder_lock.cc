#include "derrd/experiment/folder_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <filesystem>

#include "derrd/core/error.h"

namespace derrd {

FolderLock::FolderLock(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) Fail("{}: cannot make the folder: {}; name another", folder, error.message());
  descriptor_ = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor_ < 0) FailWithErrno("open", folder);
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
    ::close(descriptor_);
    Fail("{}: another experiment runs there; await its end, or name another folder", folder);
  }
}

FolderLock::~FolderLock() { ::close(descriptor_); }

}  // namespace derrd
