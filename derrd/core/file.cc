#include "derrd/core/file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

#include "derrd/core/error.h"

namespace derrd {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{1} << 20;

[[noreturn]] void FailIsFolder(const std::string& path) {
  Fail("{}: is a directory; give the path of a file to write", path);
}

// Where a path leads that is a link: whoever reads through the link is to find what is written.
std::string FollowLinks(std::string path) {
  constexpr int kMostLinks = 40;  // of a circle, opening is the error
  std::error_code error;
  for (int l = 0; l < kMostLinks && std::filesystem::is_symlink(path, error); ++l) {
    const std::filesystem::path target = std::filesystem::read_symlink(path, error);
    if (error) break;
    path = (std::filesystem::path(path).parent_path() / target).string();
  }
  return path;
}

bool IsNamed(int descriptor, const std::string& path) {
  struct stat own {};
  struct stat named {};
  return ::fstat(descriptor, &own) == 0 && ::stat(path.c_str(), &named) == 0 &&
         own.st_dev == named.st_dev && own.st_ino == named.st_ino;
}

// The partial file of `path`, empty, for whoever holds its lock. Of a file system without locks
// everybody does.
int OpenPartial(const std::string& path) {
  const std::string partial = PartialPath(path);
  for (;;) {
    const int descriptor = ::open(partial.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    if (descriptor < 0) FailWithErrno("create the file", path);
    if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
      ::close(descriptor);
      Fail("{}: is being written by another run; wait until that is done, or name another file",
           path);
    }
    // Whoever had it may have been done in between, and it is PATH by now.
    if (IsNamed(descriptor, partial)) {
      // Of a device, which has no length, it is an EINVAL.
      if (::ftruncate(descriptor, 0) == 0 || errno == EINVAL) return descriptor;
      const int error = errno;
      ::close(descriptor);
      errno = error;
      FailWithErrno("create the file", path);
    }
    ::close(descriptor);
  }
}

}  // namespace

MappedFile::MappedFile(const std::string& path) : path_(path) {
  // Non-blocking, so that a pipe nobody writes to is an error and no wait.
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) FailWithErrno("open the file", path);
  struct stat status {};
  const bool regular = ::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
  if (!regular) {
    ::close(descriptor);
    Fail("{}: not a regular file; give the path of a file", path);
  }
  size_ = static_cast<std::size_t>(status.st_size);
  if (size_ > 0) {
    void* address = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (address == MAP_FAILED) {
      ::close(descriptor);
      FailWithErrno("map the file", path);
    }
    data_ = static_cast<const std::byte*>(address);
  }
  ::close(descriptor);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : path_(std::move(other.path_)),
      data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)) {}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(const_cast<std::byte*>(data_), size_);
}

std::string PartialPath(const std::string& path) { return path + ".partial"; }

OutputFile::OutputFile(std::string path) : path_(std::move(path)) {
  struct stat status {};
  const bool special = ::stat(path_.c_str(), &status) == 0 && !S_ISREG(status.st_mode);
  if (special && S_ISDIR(status.st_mode)) {
    FailIsFolder(path_);
  }
  if (special) {
    descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CLOEXEC);
    if (descriptor_ < 0) FailWithErrno("write", path_);
  } else {
    path_ = FollowLinks(path_);
    descriptor_ = OpenPartial(path_);
    partial_path_ = PartialPath(path_);
  }
  buffer_.reserve(kBufferBytes);
}

// Names change before the lock goes with the descriptor.
OutputFile::~OutputFile() {
  if (!partial_path_.empty()) ::unlink(partial_path_.c_str());
  if (descriptor_ >= 0) ::close(descriptor_);
}

void OutputFile::Write(std::span<const std::byte> bytes) {
  if (buffer_.size() + bytes.size() > kBufferBytes) Flush();
  if (bytes.size() > kBufferBytes) return WriteToDescriptor(bytes);
  buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
}

void OutputFile::Flush() {
  WriteToDescriptor(buffer_);
  buffer_.clear();
}

void OutputFile::WriteToDescriptor(std::span<const std::byte> bytes) {
  if (!bytes.empty()) synced_ = false;
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) FailWithErrno("write", path_);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

void OutputFile::Sync() {
  Flush();
  if (synced_ || partial_path_.empty()) return;
  if (::fsync(descriptor_) != 0) FailWithErrno("write", path_);
  synced_ = true;
}

void OutputFile::Commit() {
  Sync();
  if (!partial_path_.empty() && std::rename(partial_path_.c_str(), path_.c_str()) != 0) {
    FailWithErrno("replace the file", path_);
  }
  partial_path_.clear();
  if (::close(std::exchange(descriptor_, -1)) != 0) FailWithErrno("write", path_);
}

void CheckCanWrite(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0) {
    if (S_ISDIR(status.st_mode)) FailIsFolder(path);
    if (::access(path.c_str(), W_OK) != 0) FailWithErrno("write", path);
    if (!S_ISREG(status.st_mode)) return;
  }
  const std::string file = FollowLinks(path);
  const std::size_t slash = file.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : file.substr(0, slash + 1);
  if (::access(folder.c_str(), W_OK | X_OK) != 0) FailWithErrno("create the file", path);
}

std::string ReadTextFile(const std::string& path) { return std::string(MappedFile(path).text()); }

void WriteTextFile(const std::string& path, std::string_view text) {
  OutputFile file(path);
  file.Write(text);
  file.Commit();
}

}  // namespace derrd
