#include "derrd/core/ids.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "derrd/core/test_folder.h"

namespace derrd {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

class IdsTest : public testing::Test {
 protected:
  Ids RoundTrip(const Ids& ids) const {
    SafetensorsWriter writer("sample");
    ids.AddTo(writer, "ids");
    writer.Write(folder_ / "file");
    return Ids::FromFile(std::make_shared<SafetensorsFile>(folder_ / "file"), "ids");
  }
  // A file whose ids have this blob and these offsets.
  std::shared_ptr<const SafetensorsFile> FileOf(std::string_view blob,
                                                const std::vector<std::int64_t>& offsets) const {
    SafetensorsWriter writer("sample");
    writer.Add("ids.blob", std::span<const char>(blob));
    writer.Add("ids.offsets", std::span<const std::int64_t>(offsets));
    writer.Write(folder_ / "file");
    return std::make_shared<SafetensorsFile>(folder_ / "file");
  }

  const TestFolder folder_;
};

TEST_F(IdsTest, AnswerByIndexAndByString) {
  const std::vector<std::string> strings = {"b", "", "a long one with spaces", "caf\xC3\xA9",
                                            std::string("nul\0inside", 10)};
  const Ids made(strings);
  for (const Ids& ids : {made, RoundTrip(made)}) {
    ASSERT_EQ(ids.size(), strings.size());
    EXPECT_FALSE(ids.empty());
    for (std::size_t i = 0; i < strings.size(); ++i) {
      EXPECT_EQ(ids[i], strings[i]);
      EXPECT_EQ(ids.Find(strings[i]), static_cast<std::int32_t>(i));
    }
    EXPECT_EQ(ids.Find("B"), std::nullopt);
    EXPECT_EQ(ids.Find("a long one"), std::nullopt);
  }
}

TEST_F(IdsTest, MayBeEmpty) {
  for (const Ids& ids : {Ids(), Ids(std::vector<std::string>{}), RoundTrip(Ids()),
                         RoundTrip(Ids(std::vector<std::string>{}))}) {
    EXPECT_EQ(ids.size(), 0u);
    EXPECT_TRUE(ids.empty());
    EXPECT_EQ(ids.Find(""), std::nullopt);
    EXPECT_EQ(ids, Ids());
  }
}

TEST_F(IdsTest, FindGivesTheFirstOfEqualStrings) { EXPECT_EQ(Ids({"x", "y", "y"}).Find("y"), 1); }

TEST_F(IdsTest, AreEqualWhenTheirStringsAre) {
  const Ids ids({"ab", "c"});
  EXPECT_EQ(ids, RoundTrip(ids));
  EXPECT_NE(ids, Ids({"a", "bc"}));
  EXPECT_NE(ids, Ids({"ab", "c", ""}));
  EXPECT_NE(ids, Ids({"c", "ab"}));
  EXPECT_NE(ids, Ids());
}

TEST_F(IdsTest, OutliveTheFileObjectAndWhatTheyWereCopiedFrom) {
  Ids copy;
  {
    const Ids ids = RoundTrip(Ids({"kept", "alive"}));
    copy = ids;
  }
  EXPECT_EQ(copy[1], "alive");
  EXPECT_EQ(copy.Find("kept"), 0);
}

TEST_F(IdsTest, ThreadsMayShareTheFirstSearch) {
  std::vector<std::string> strings;
  for (int i = 0; i < 5000; ++i) strings.push_back(std::to_string(i));
  const Ids ids(strings);
  std::atomic<int> found = 0;
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 5000; ++i) found += ids.Find(std::to_string(i)) == i;
    });
  }
  threads.clear();
  EXPECT_EQ(found, 20'000);
}

TEST_F(IdsTest, DamagedOffsetsAreAnError) {
  EXPECT_EQ(Ids::FromFile(FileOf("abc", {0, 1, 3}), "ids").size(), 2u);
  const std::vector<std::vector<std::int64_t>> damaged = {
      {}, {0}, {0, 1, 2}, {0, 4}, {1, 3}, {0, 3, 2, 3}, {-1, 3}, {0, -1, 3}, {0, 1LL << 62, 3}};
  for (const auto& offsets : damaged) {
    EXPECT_THAT([&] { Ids::FromFile(FileOf("abc", offsets), "ids"); },
                ThrowsMessage<Error>(AllOf(HasSubstr(folder_ / "file"), HasSubstr("ids.offsets"),
                                           HasSubstr("make it again"))))
        << testing::PrintToString(offsets);
  }
}

TEST_F(IdsTest, MissingTensorsAreAnError) {
  const auto file = FileOf("abc", {0, 3});
  EXPECT_THAT([&] { Ids::FromFile(file, "names"); },
              ThrowsMessage<Error>(HasSubstr("'names.blob' is missing")));
}

}  // namespace
}  // namespace derrd
