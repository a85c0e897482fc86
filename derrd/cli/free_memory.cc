#include "derrd/cli/free_memory.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <limits>
#include <sstream>
#include <string_view>

namespace derrd::cli {
namespace {

constexpr double kUnlimited = std::numeric_limits<double>::infinity();

double AvailableBytes() {
  std::ifstream file("/proc/meminfo");
  std::string key;
  double kibibytes = 0;
  while (file >> key >> kibibytes && key != "MemAvailable:") file.ignore(80, '\n');
  return file ? 1024 * kibibytes : kUnlimited;
}

// "max", or no such file: none. Version 1 writes a number beyond all memory instead.
double LimitIn(const std::filesystem::path& file) {
  std::ifstream text(file);
  double bytes = 0;
  return text >> bytes ? bytes : kUnlimited;
}

bool Names(std::string_view controllers, std::string_view controller) {
  return ("," + std::string(controllers) + ",").find("," + std::string(controller) + ",") !=
         std::string::npos;
}

}  // namespace

// A line is "number:controllers:/path", without controllers in version 2. In a container the path
// may be that of the host, and the container's own group is the mount: it is looked at as well.
double GroupLimit(const std::string& groups, const std::filesystem::path& mount) {
  double limit = kUnlimited;
  std::istringstream lines(groups);
  for (std::string number, controllers, path; std::getline(lines, number, ':') &&
                                              std::getline(lines, controllers, ':') &&
                                              std::getline(lines, path);) {
    const bool second = controllers.empty();
    if (!second && !Names(controllers, "memory")) continue;
    const std::filesystem::path top = second ? mount : mount / "memory";
    const char* name = second ? "memory.max" : "memory.limit_in_bytes";
    std::filesystem::path group = std::filesystem::path(path).relative_path();
    for (; !group.empty(); group = group.parent_path()) {
      limit = std::min(limit, LimitIn(top / group / name));
    }
    limit = std::min(limit, LimitIn(top / name));
  }
  return limit;
}

double FreeBytes() {
  std::ifstream file("/proc/self/cgroup");
  const std::string groups(std::istreambuf_iterator<char>(file), {});
  return std::min(AvailableBytes(), GroupLimit(groups, "/sys/fs/cgroup"));
}

}  // namespace derrd::cli
