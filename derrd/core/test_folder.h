// For tests only (not installed): a folder of their own.
#ifndef DERRD_CORE_TEST_FOLDER_H_
#define DERRD_CORE_TEST_FOLDER_H_

#include <stdlib.h>

#include <filesystem>
#include <iterator>
#include <string>

#include "derrd/core/error.h"

namespace derrd {

// A fresh folder, removed with all it holds at the end.
class TestFolder {
 public:
  TestFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "derrd_test_XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) FailWithErrno("make a folder", pattern);
    path_ = pattern;
  }
  ~TestFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;

  std::string path() const { return path_.string(); }
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }
  // How many files and folders it holds: a run that failed leaves none behind.
  std::size_t entries() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(path_), {}));
  }

 private:
  std::filesystem::path path_;
};

}  // namespace derrd

#endif  // DERRD_CORE_TEST_FOLDER_H_
