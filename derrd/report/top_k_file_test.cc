#include "derrd/report/top_k_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include "derrd/core/error.h"
#include "derrd/core/file.h"
#include "derrd/eval/test_score_table.h"

namespace derrd {
namespace {

class WriteTopKTest : public testing::Test {
 protected:
  WriteTopKTest()
      : directory_(std::filesystem::path(testing::TempDir()) /
                   testing::UnitTest::GetInstance()->current_test_info()->name()) {
    std::filesystem::create_directories(directory_);
  }
  ~WriteTopKTest() override { std::filesystem::remove_all(directory_); }

  static ModelFile MakeModel(std::size_t users, std::size_t items) {
    ModelFile file;
    file.model = std::make_unique<ScoreTable>(ScoreTable::WithTies(users, items, 1));
    std::vector<std::string> user_ids, item_ids;
    for (std::size_t u = 0; u < users; ++u) user_ids.push_back("u" + std::to_string(u));
    for (std::size_t i = 0; i < items; ++i) item_ids.push_back("i" + std::to_string(i));
    file.user_ids = Ids(user_ids);
    file.item_ids = Ids(item_ids);
    return file;
  }
  std::string Write(const ModelFile& model, const Interactions& excluded, std::size_t k,
                    const std::string& name, int threads = 2, const ItemSet* allowed = nullptr) {
    const std::string path = directory_ / name;
    std::size_t last = 0;
    ModelFile copy{std::make_unique<ScoreTable>(dynamic_cast<const ScoreTable&>(*model.model)),
                   model.user_ids, model.item_ids, model.item_names};
    const auto recommender =
        Recommender::Of(std::move(copy), "model", excluded, Precision::kFloat32);
    WriteTopK(*recommender, k, allowed, path, Parallel(threads), [&](std::size_t users) {
      EXPECT_GT(users, last);
      last = users;
    });
    EXPECT_EQ(last, model.model->users());
    return ReadTextFile(path);
  }

  std::filesystem::path directory_;
};

TEST_F(WriteTopKTest, TsvWithAndWithoutNames) {
  ModelFile file = MakeModel(2, 3);
  Matrix<float> scores(2, 3);
  scores(0, 1) = 0.5f;
  scores(1, 2) = 1.25f;
  file.model = std::make_unique<ScoreTable>(std::move(scores));
  file.user_ids = Ids({"ann", "bob"});
  OwnedInteractions excluded;
  excluded.offsets = {0, 2, 2};
  excluded.items = {0, 2};
  EXPECT_EQ(Write(file, excluded.view(), 2, "a.tsv"),
            "user\trank\titem\tscore\n"
            "ann\t1\ti1\t0.5\n"
            "bob\t1\ti2\t1.25\n"
            "bob\t2\ti0\t0\n");
  file.item_names = Ids({"one", "two\nlines", "three"});
  EXPECT_EQ(Write(file, excluded.view(), 1, "a.tsv"),
            "user\trank\titem\tscore\tname\n"
            "ann\t1\ti1\t0.5\ttwo lines\n"
            "bob\t1\ti2\t1.25\tthree\n");
  file.user_ids = Ids({"ann", "b\tob"});  // changed, it would be another's
  EXPECT_THROW(Write(file, excluded.view(), 1, "a.tsv"), Error);
}

TEST_F(WriteTopKTest, NpyIsPaddedAlignedAndFilledUp) {
  const ModelFile file = MakeModel(3, 4);
  OwnedInteractions excluded;
  excluded.offsets = {0, 0, 4, 4};
  excluded.items = {0, 1, 2, 3};
  const std::string bytes = Write(file, excluded.view(), 9, "a.npy");
  const auto length =
      static_cast<unsigned char>(bytes[8]) + 256 * static_cast<unsigned char>(bytes[9]);
  const std::size_t start = 10 + static_cast<std::size_t>(length);
  EXPECT_EQ(bytes.substr(0, 8), std::string("\x93NUMPY\x01\x00", 8));
  EXPECT_EQ(start % 64, 0u);
  EXPECT_EQ(bytes[start - 1], '\n');
  EXPECT_THAT(bytes.substr(10, start - 10),
              testing::HasSubstr("{'descr': '<i4', 'fortran_order': False, 'shape': (3, 4), }"));
  ASSERT_EQ(bytes.size(), start + 3 * 4 * sizeof(std::int32_t));
  std::vector<std::int32_t> numbers(12);
  std::memcpy(numbers.data(), bytes.data() + start, 48);
  EXPECT_THAT(std::vector(numbers.begin() + 4, numbers.begin() + 8), testing::Each(-1));
  EXPECT_THAT(std::vector(numbers.begin(), numbers.begin() + 4),
              testing::UnorderedElementsAre(0, 1, 2, 3));
}

TEST_F(WriteTopKTest, OnlyWhatIsAllowed) {
  const ModelFile file = MakeModel(3, 4);
  OwnedInteractions excluded;
  excluded.offsets = {0, 0, 1, 1};
  excluded.items = {2};
  const ItemSet allowed(4, std::vector<std::int32_t>{2});
  const std::string text = Write(file, excluded.view(), 3, "a.tsv", 2, &allowed);
  EXPECT_THAT(text, testing::HasSubstr("\nu0\t1\ti2\t"));
  EXPECT_THAT(text, testing::HasSubstr("\nu2\t1\ti2\t"));
  EXPECT_EQ(std::ranges::count(text, '\n'), 3);
}

TEST_F(WriteTopKTest, SameBytesAtAnyNumberOfThreadsOverSeveralChunks) {
  const ModelFile file = MakeModel(9001, 17);  // chunks hold 4,096 users
  const auto excluded = RandomInteractions(9001, 17, 5, 2);
  for (const std::string name : {"a.tsv", "a.npy"}) {
    const std::string one = Write(file, excluded.view(), 3, name, 1);
    for (const int threads : {2, 3, 8}) {
      EXPECT_EQ(one, Write(file, excluded.view(), 3, name, threads));
    }
  }
}

TEST_F(WriteTopKTest, NoFileIsLeftAfterAnError) {
  ModelFile file = MakeModel(2, 3);
  Matrix<float> scores(2, 3);
  scores(1, 1) = std::numeric_limits<float>::quiet_NaN();
  file.model = std::make_unique<ScoreTable>(std::move(scores));
  EXPECT_THROW(Write(file, {}, 2, "a.tsv"), Error);
  EXPECT_TRUE(std::filesystem::is_empty(directory_));
  EXPECT_THROW(Write(file, {}, 2, "a.csv"), UsageError);
  EXPECT_TRUE(std::filesystem::is_empty(directory_));
}

}  // namespace
}  // namespace derrd
