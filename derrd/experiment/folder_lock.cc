#include "derrd/experiment/folder_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <thread>

#include "derrd/core/error.h"

namespace derrd {
namespace {

// Runs of an experiment that was killed a moment ago take a moment to end.
constexpr auto kPause = std::chrono::milliseconds(20);
constexpr int kAttempts = 250;

}  // namespace

void MakeFolder(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) Fail("{}: cannot make the folder: {}; name another", folder, error.message());
}

FolderLock::FolderLock(const std::string& folder) {
  MakeFolder(folder);
  descriptor_ = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY);
  if (descriptor_ < 0) FailWithErrno("open", folder);
  // A file system without locks has none to wait for.
  for (int attempt = 0;
       ::flock(descriptor_, LOCK_EX | LOCK_NB) != 0 && (errno == EWOULDBLOCK || errno == EINTR);
       ++attempt) {
    if (attempt < kAttempts) {
      std::this_thread::sleep_for(kPause);
      continue;
    }
    ::close(descriptor_);
    Fail("{}: another experiment runs there; await its end, or name another folder", folder);
  }
}

FolderLock::~FolderLock() { ::close(descriptor_); }

}  // namespace derrd
