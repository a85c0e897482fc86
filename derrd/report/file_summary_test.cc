#include "derrd/report/file_summary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "derrd/core/error.h"
#include "derrd/core/file.h"
#include "derrd/core/safetensors.h"
#include "derrd/core/test_errors.h"
#include "derrd/data/dataset.h"

namespace derrd {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class SummarizeFileTest : public testing::Test {
 protected:
  SummarizeFileTest()
      : directory_(std::filesystem::path(testing::TempDir()) /
                   testing::UnitTest::GetInstance()->current_test_info()->name()) {
    std::filesystem::create_directories(directory_);
    path_ = directory_ / "f.derrd";
  }
  ~SummarizeFileTest() override { std::filesystem::remove_all(directory_); }

  std::filesystem::path directory_;
  std::string path_;
};

TEST_F(SummarizeFileTest, Dataset) {
  DatasetContents contents;
  contents.user_ids = Ids({"ann", "bob"});
  contents.item_ids = Ids({"x", "y", "z"});
  contents.protocol = Protocol::kFull;
  contents.train = {{0, 2, 3}, {0, 1, 2}};
  contents.valid = {{0, 0, 1}, {0}};
  contents.test = {{0, 1, 1}, {2}};
  contents.metadata["import.split"] = "given";
  WriteDataset(contents, path_);

  const auto summary = SummarizeFile(path_);
  EXPECT_EQ(summary["kind"], "dataset");
  EXPECT_EQ(summary["bytes"], std::filesystem::file_size(path_));
  EXPECT_EQ(summary["dataset"]["users"], 2);
  EXPECT_EQ(summary["dataset"]["items"], 3);
  EXPECT_EQ(summary["dataset"]["protocol"], "full");
  EXPECT_EQ(summary["dataset"]["splits"]["train"]["interactions"], 3);
  EXPECT_EQ(summary["dataset"]["splits"]["train"]["users"], 2);
  EXPECT_EQ(summary["dataset"]["splits"]["valid"]["users"], 1);
  EXPECT_EQ(summary["metadata"]["import.split"], "given");
  EXPECT_THAT(
      SummaryText(summary),
      AllOf(HasSubstr("a derrd dataset"), HasSubstr("2 users, 3 items"),
            HasSubstr("protocol 'full'"), HasSubstr("import.split"), HasSubstr("train.items")));
}

TEST_F(SummarizeFileTest, AFileOfAnotherProgram) {
  const std::vector<float> values(6);
  SafetensorsWriter writer("");
  writer.Add<float>("weight", values, {2, 3});
  writer.Write(path_);
  const auto summary = SummarizeFile(path_);
  EXPECT_EQ(summary["kind"], "");
  EXPECT_EQ(summary["tensors"][0]["shape"], nlohmann::ordered_json({2, 3}));
  EXPECT_EQ(summary["tensors"][0]["bytes"], 24);
  EXPECT_THAT(SummaryText(summary), AllOf(HasSubstr("another program"), HasSubstr("weight"),
                                          HasSubstr("F32"), HasSubstr("2 x 3")));
}

TEST_F(SummarizeFileTest, AFileThatIsNone) {
  WriteTextFile(path_, "user,item\n1,2\n");
  EXPECT_THAT(MessageOf([&] { SummarizeFile(path_); }), HasSubstr(path_));
}

}  // namespace
}  // namespace derrd
