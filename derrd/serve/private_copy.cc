#include "derrd/serve/private_copy.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "derrd/core/error.h"

namespace derrd::serve {
namespace {

class OpenedFile {
 public:
  explicit OpenedFile(const std::string& path)
      // Non-blocking, so that a pipe nobody writes to is an error and no wait.
      : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
    struct stat status {};
    if (descriptor_ < 0 || ::fstat(descriptor_, &status) != 0) {
      FailWithErrno("open the file", path);
    }
    if (!S_ISREG(status.st_mode)) {
      ::close(descriptor_);
      Fail("{}: is not a regular file; name a file that derrd wrote", path);
    }
  }
  ~OpenedFile() { ::close(descriptor_); }
  OpenedFile(const OpenedFile&) = delete;
  OpenedFile& operator=(const OpenedFile&) = delete;

  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

}  // namespace

PrivateCopy::PrivateCopy(const std::string& path) {
  const OpenedFile source(path);
  descriptor_ = ::memfd_create("derrd", MFD_CLOEXEC);
  if (descriptor_ < 0) FailWithErrno("take memory for", path);
  path_ = fmt::format("/proc/self/fd/{}", descriptor_);
  while (true) {
    const ssize_t copied = ::sendfile(descriptor_, source.descriptor(), nullptr, 1u << 30);
    if (copied == 0) return;
    if (copied < 0) {
      ::close(descriptor_);
      FailWithErrno("read", path);
    }
  }
}

PrivateCopy::~PrivateCopy() { ::close(descriptor_); }

}  // namespace derrd::serve
