#include "derrd/experiment/run_files.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "derrd/core/test_folder.h"

namespace derrd {
namespace {

class LastEpochTest : public ::testing::Test {
 protected:
  std::string After(const std::string& log) {
    std::ofstream(files_.Log("run")) << log;
    return LastEpoch(files_, "run", "HR@5");
  }

  const TestFolder folder_;
  const RunFiles files_{folder_ / ""};
};

TEST_F(LastEpochTest, NothingBeforeTheFirstHasEnded) {
  EXPECT_EQ(LastEpoch(files_, "run", "HR@5"), "");
  EXPECT_EQ(After(""), "");
}

TEST_F(LastEpochTest, TheLastLineTells) {
  EXPECT_EQ(After("{\"epoch\":8,\"valid\":{\"HR@5\":0.5}}\n"
                  "{\"epoch\":9,\"valid\":{\"HR@10\":0.75,\"HR@5\":0.53214}}\n"),
            "epoch 9, HR@5 0.5321");
}

TEST_F(LastEpochTest, WithoutValidationTheEpochAlone) {
  EXPECT_EQ(After("{\"epoch\":9,\"loss\":{\"bpr\":0.5}}\n"), "epoch 9");
}

TEST_F(LastEpochTest, HalfOfALineTellsNothing) {
  EXPECT_EQ(After("{\"epoch\":8}\n{\"epoch\":9,\"val"), "");
}

}  // namespace
}  // namespace derrd
