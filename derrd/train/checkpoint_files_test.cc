#include "derrd/train/checkpoint_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "derrd/core/error.h"
#include "derrd/core/file.h"
#include "derrd/core/test_errors.h"
#include "derrd/core/test_folder.h"

namespace derrd {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class CheckpointFilesTest : public testing::Test {
 protected:
  void Write(CheckpointFiles& files, float mark) {
    const std::vector<float> numbers(100, mark);
    SafetensorsWriter writer(CheckpointFiles::kKind);
    writer.Add("mark", std::span<const float>(numbers));
    files.Write(writer);
  }
  // The mark of the last whole checkpoint; what was told of one passed over is in told_.
  float Last() {
    const auto file = files_.OpenLast([&](const std::string& sentence) { told_ = sentence; });
    return file == nullptr ? 0.0f : file->Elements<float>("mark")[0];
  }
  static void CutShort(const std::string& path) {
    std::filesystem::resize_file(path, std::filesystem::file_size(path) / 2);
  }
  // Changes one bit in the middle of the tensors.
  static void Damage(const std::string& path) {
    std::string bytes = ReadTextFile(path);
    bytes[bytes.size() - 200] ^= 1;
    WriteTextFile(path, bytes);
  }

  TestFolder folder_;
  CheckpointFiles files_{folder_ / "model"};
  std::string told_;
};

TEST_F(CheckpointFilesTest, TheLastAndTheOneBeforeItAreKept) {
  EXPECT_FALSE(files_.Any());
  EXPECT_EQ(Last(), 0.0f);
  for (const float mark : {1.0f, 2.0f, 3.0f}) {
    Write(files_, mark);
    EXPECT_EQ(Last(), mark);
  }
  EXPECT_EQ(SafetensorsFile(files_.previous()).Elements<float>("mark")[0], 2.0f);
  EXPECT_EQ(told_, "");
  files_.Remove();
  EXPECT_FALSE(files_.Any());
  files_.Remove();  // nothing to remove is no error
  WriteTextFile(files_.path() + ".partial", "what a kill left");
  files_.Remove();
  EXPECT_FALSE(std::filesystem::exists(files_.path() + ".partial"));
}

TEST_F(CheckpointFilesTest, ADamagedOneFallsBackToTheOneBefore) {
  for (const auto& damage : {CutShort, Damage}) {
    Write(files_, 1.0f);
    Write(files_, 2.0f);
    damage(files_.path());
    told_.clear();
    EXPECT_EQ(Last(), 1.0f);
    EXPECT_NE(told_.find(files_.path() + ":"), std::string::npos) << told_;
    EXPECT_NE(told_.find("going on from " + files_.previous()), std::string::npos) << told_;
  }
}

TEST_F(CheckpointFilesTest, AKillBetweenTheTwoRenamesLosesNothing) {
  Write(files_, 1.0f);
  std::filesystem::rename(files_.path(), files_.previous());
  EXPECT_TRUE(files_.Any());
  EXPECT_EQ(Last(), 1.0f);
}

// The one that was whole is not replaced by the one that was not.
TEST_F(CheckpointFilesTest, ADamagedOneIsNotKeptAsTheOneBefore) {
  Write(files_, 1.0f);
  Write(files_, 2.0f);
  Damage(files_.path());
  EXPECT_EQ(Last(), 1.0f);
  Write(files_, 3.0f);
  EXPECT_EQ(SafetensorsFile(files_.previous()).Elements<float>("mark")[0], 1.0f);
  EXPECT_EQ(Last(), 3.0f);
  Write(files_, 4.0f);
  EXPECT_EQ(SafetensorsFile(files_.previous()).Elements<float>("mark")[0], 3.0f);
}

TEST_F(CheckpointFilesTest, BothDamagedIsAnErrorThatSaysWhatToDo) {
  Write(files_, 1.0f);
  Write(files_, 2.0f);
  CutShort(files_.path());
  Damage(files_.previous());
  EXPECT_THAT(MessageOf([&] { Last(); }),
              AllOf(HasSubstr(files_.path()), HasSubstr(files_.previous()),
                    HasSubstr("start without --resume")));
}

TEST_F(CheckpointFilesTest, OneThatCannotBeWrittenLeavesTheLastAsItIs) {
  Write(files_, 1.0f);
  std::filesystem::create_directory(files_.path() + ".partial");
  EXPECT_THAT(MessageOf([&] { Write(files_, 2.0f); }), HasSubstr(files_.path()));
  EXPECT_EQ(Last(), 1.0f);
}

TEST_F(CheckpointFilesTest, AFileOfAnotherKindIsNoCheckpoint) {
  SafetensorsWriter writer("model");
  writer.Seal();
  writer.Write(files_.path());
  EXPECT_THROW(Last(), Error);
}

}  // namespace
}  // namespace derrd
