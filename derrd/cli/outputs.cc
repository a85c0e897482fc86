#include "derrd/cli/outputs.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <filesystem>
#include <map>

#include "derrd/core/error.h"
#include "derrd/core/file.h"

namespace derrd::cli {
namespace {

// One text for one file, now or once it is written, whatever it is called; nothing for what may be
// named twice: an empty name, or one of a device.
std::string Identity(const std::string& path) {
  struct stat status {};
  if (path.empty()) return "";
  if (::stat(path.c_str(), &status) == 0) {
    return S_ISREG(status.st_mode) ? fmt::format("{}:{}", status.st_dev, status.st_ino) : "";
  }
  std::error_code ignored;
  return std::filesystem::weakly_canonical(path, ignored).string();
}

}  // namespace

void CheckOutputs(const std::vector<std::string>& outputs, const std::vector<std::string>& inputs) {
  if (outputs.front().empty())
    Fail<UsageError>("--output: the path is empty; name a file to write");
  std::map<std::string, std::string> taken;  // by identity, as it was named first
  for (const std::string& input : inputs) taken.emplace(Identity(input), input);
  taken.erase("");
  for (const std::string& output : outputs) {
    if (output.empty()) continue;
    const std::string identity = Identity(output);
    const auto [other, is_new] = taken.emplace(identity, output);
    if (!is_new && !identity.empty()) {
      Fail<UsageError>("{}: would be overwritten and is needed as {}; write to another file",
                       output, other->second);
    }
    CheckCanWrite(output);
  }
  taken.erase("");
  for (const std::string& output : outputs) {
    if (output.empty()) continue;
    const auto other = taken.find(Identity(PartialPath(output)));
    if (other == taken.end()) continue;
    Fail<UsageError>("{}: would be overwritten while {} is written; give one of them another name",
                     other->second, output);
  }
}

}  // namespace derrd::cli
