#include "derrd/cli/free_memory.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <limits>
#include <string>

#include "derrd/core/test_folder.h"

namespace derrd::cli {
namespace {

constexpr double kUnlimited = std::numeric_limits<double>::infinity();

void Put(const std::filesystem::path& file, const std::string& text) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file) << text << '\n';
}

TEST(FreeMemory, OfThisMachine) {
  EXPECT_GT(FreeBytes(), 1e6);
  EXPECT_LT(FreeBytes(), 1e16);
}

TEST(FreeMemory, TheLeastLimitOnTheWayUpCounts) {
  const TestFolder folder;
  const std::filesystem::path mount = folder.path();
  Put(mount / "pods/job/memory.max", "max");
  Put(mount / "pods/memory.max", "2000000000");
  EXPECT_EQ(GroupLimit("0::/pods/job\n", mount), 2e9);
  Put(mount / "pods/job/memory.max", "1000000000");
  EXPECT_EQ(GroupLimit("0::/pods/job\n", mount), 1e9);
  EXPECT_EQ(GroupLimit("0::/pods\n", mount), 2e9);
}

TEST(FreeMemory, InAContainerItsOwnGroupIsTheMount) {
  const TestFolder folder;
  Put(folder / "memory.max", "3000000000");
  EXPECT_EQ(GroupLimit("0::/\n", folder.path()), 3e9);
  EXPECT_EQ(GroupLimit("0::/of/the/host\n", folder.path()), 3e9);
}

TEST(FreeMemory, VersionOneHasAFolderForEachController) {
  const TestFolder folder;
  Put(folder / "memory/job/memory.limit_in_bytes", "4000000000");
  EXPECT_EQ(GroupLimit("7:cpu,cpuacct:/job\n4:memory:/job\n0::/\n", folder.path()), 4e9);
  EXPECT_EQ(GroupLimit("4:hugetlb,memory:/job\n", folder.path()), 4e9);
  EXPECT_EQ(GroupLimit("4:memory_not:/job\n", folder.path()), kUnlimited);
}

TEST(FreeMemory, NothingToldIsNoLimit) {
  const TestFolder folder;
  Put(folder / "memory.max", "max");
  for (const char* groups : {"", "0::/\n", "no group at all\n", "4:memory:/gone\n", "1:2", "::"}) {
    EXPECT_EQ(GroupLimit(groups, folder.path()), kUnlimited) << groups;
  }
}

}  // namespace
}  // namespace derrd::cli
