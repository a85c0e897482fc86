#include "derrd/core/json_lines.h"

#include <gtest/gtest.h>

#include "derrd/core/file.h"
#include "derrd/core/test_folder.h"

namespace derrd {
namespace {

TEST(JsonLines, PassesOverWhatIsNotWhole) {
  const TestFolder folder;
  const std::string path = folder / "log.jsonl";
  WriteTextFile(path, "{\"epoch\":0}\n\n[1]\n{\"epoch\":1}\n{\"epoch\":2,\"los");
  const auto objects = ReadJsonLines(path);
  ASSERT_EQ(objects.size(), 2u);
  EXPECT_EQ(objects[0].at("epoch"), 0);
  EXPECT_EQ(objects[1].at("epoch"), 1);
}

TEST(JsonLines, AFileThatIsNotThereHasNone) {
  EXPECT_TRUE(ReadJsonLines(TestFolder() / "none.jsonl").empty());
}

}  // namespace
}  // namespace derrd
