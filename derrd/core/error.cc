#include "derrd/core/error.h"

#include <cerrno>
#include <system_error>

namespace derrd {

void FailWithErrno(const std::string& action, const std::string& path) {
  const int code = errno;
  const char* remedy = code == ENOSPC   ? "; free space on that disk and run again"
                       : code == ENOENT ? "; check the path"
                       : code == EACCES ? "; check its permissions"
                                        : "";
  Fail("{}: cannot {}: {}{}", path, action, std::generic_category().message(code), remedy);
}

}  // namespace derrd
