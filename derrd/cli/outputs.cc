#include "derrd/cli/outputs.h"

#include <filesystem>

#include "derrd/core/error.h"
#include "derrd/core/file.h"

namespace derrd::cli {
namespace {

namespace fs = std::filesystem;

// Whether both name one regular file, now or once it is written. Devices may be named twice.
bool SameFile(const std::string& a, const std::string& b) {
  std::error_code ignored;
  if (fs::exists(a, ignored) && fs::exists(b, ignored)) {
    return fs::is_regular_file(a, ignored) && fs::equivalent(a, b, ignored);
  }
  return fs::weakly_canonical(a, ignored) == fs::weakly_canonical(b, ignored);
}

}  // namespace

void CheckOutputs(const std::vector<std::string>& outputs, const std::vector<std::string>& inputs) {
  if (outputs.front().empty())
    Fail<UsageError>("--output: the path is empty; name a file to write");
  for (std::size_t o = 0; o < outputs.size(); ++o) {
    if (outputs[o].empty()) continue;
    std::vector<std::string> others = inputs;
    others.insert(others.end(), outputs.begin(), outputs.begin() + static_cast<std::ptrdiff_t>(o));
    for (const std::string& other : others) {
      if (!other.empty() && SameFile(outputs[o], other)) {
        Fail<UsageError>("{}: would be overwritten and is needed as {}; write to another file",
                         outputs[o], other);
      }
    }
    CheckCanWrite(outputs[o]);
  }
}

}  // namespace derrd::cli
