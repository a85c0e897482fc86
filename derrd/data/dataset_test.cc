#include "derrd/data/dataset.h"

#include <functional>

#include "derrd/core/random.h"
#include "derrd/data/test_files.h"

namespace derrd {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

DatasetContents SmallContents() {
  DatasetContents contents;
  contents.user_ids = Ids({"ann", "bob", "zoë"});
  contents.item_ids = Ids({"a", "b", "c", "d"});
  contents.item_names = Ids({"Alien", "Brazil", "Contact", "Dune"});
  contents.attributes = {Ids({"genre=comedy", "genre=war", "language=de"}),
                         {{0, 2, 3, 3}, {0, 3, 2}}};
  contents.protocol = Protocol::kSampled;
  contents.train = {{0, 2, 2, 3}, {0, 3, 1}};
  contents.valid = {{0, 1, 1, 1}, {1}};
  contents.test = {{0, 0, 0, 1}, {2}};
  contents.candidates = {{0, 1, 1, 3}, {2, 0, 3}};
  contents.metadata["import.seed"] = "7";
  return contents;
}

TEST(DatasetTest, WritesAndOpensTheSame) {
  const TemporaryFolder folder;
  const std::string path = folder.Path("d.derrd");
  WriteDataset(SmallContents(), path);
  const Dataset dataset = Dataset::Open(path);
  EXPECT_EQ(dataset.users(), 3u);
  EXPECT_EQ(dataset.items(), 4u);
  EXPECT_EQ(dataset.user_ids()[2], "zoë");
  EXPECT_EQ(dataset.item_ids().Find("d"), 3);
  EXPECT_EQ(dataset.item_names()[1], "Brazil");
  EXPECT_EQ(dataset.attributes().labels, SmallContents().attributes.labels);
  EXPECT_THAT(dataset.attributes().items.Of(0), ElementsAre(0, 3));
  EXPECT_THAT(dataset.attributes().items.Of(1), ElementsAre(2));
  EXPECT_TRUE(dataset.attributes().items.Of(2).empty());
  EXPECT_EQ(dataset.protocol(), Protocol::kSampled);
  EXPECT_EQ(dataset.metadata().at("import.seed"), "7");
  EXPECT_THAT(dataset.train().Of(0), ElementsAre(0, 3));
  EXPECT_TRUE(dataset.train().Of(1).empty());
  EXPECT_THAT(dataset.train().Of(2), ElementsAre(1));
  EXPECT_THAT(dataset.valid().Of(0), ElementsAre(1));
  EXPECT_THAT(dataset.test().Of(2), ElementsAre(2));
  EXPECT_THAT(dataset.candidates().Of(2), ElementsAre(0, 3));
  EXPECT_EQ(dataset.fingerprint(), Fingerprint(path));
}

TEST(DatasetTest, FullProtocolHasNoCandidatesAndNamesAndAttributesMayBeMissing) {
  const TemporaryFolder folder;
  DatasetContents contents = SmallContents();
  contents.protocol = Protocol::kFull;
  contents.item_names = {};
  contents.attributes = {};
  WriteDataset(contents, folder.Path("d"));
  const Dataset dataset = Dataset::Open(folder.Path("d"));
  EXPECT_TRUE(dataset.candidates().empty());
  EXPECT_TRUE(dataset.item_names().empty());
  EXPECT_TRUE(dataset.attributes().empty());
  EXPECT_FALSE(SafetensorsFile(folder.Path("d")).Has("attributes.items"));
}

TEST(DatasetTest, CopiesOutliveTheOriginal) {
  const TemporaryFolder folder;
  WriteDataset(SmallContents(), folder.Path("d"));
  Dataset copy;
  {
    const Dataset dataset = Dataset::Open(folder.Path("d"));
    copy = dataset;
  }
  EXPECT_THAT(copy.train().Of(0), ElementsAre(0, 3));
  EXPECT_EQ(copy.user_ids()[0], "ann");
}

struct Lie {
  const char* name;
  std::function<void(DatasetContents&)> tell;
  const char* message;
};

class LyingDatasetTest : public ::testing::TestWithParam<Lie> {};

TEST_P(LyingDatasetTest, IsAnErrorThatNamesTheFile) {
  const TemporaryFolder folder;
  DatasetContents contents = SmallContents();
  GetParam().tell(contents);
  const std::string path = folder.Path("lie.derrd");
  WriteDataset(contents, path);
  const std::string message = MessageOf([&] { Dataset::Open(path); });
  EXPECT_THAT(message, HasSubstr(path));
  EXPECT_THAT(message, HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    All, LyingDatasetTest,
    ::testing::Values(
        Lie{"ItemTooLarge", [](auto& c) { c.train.items[2] = 4; }, "names item 4 of user 2"},
        Lie{"ItemNegative", [](auto& c) { c.test.items[0] = -1; }, "names item -1"},
        Lie{"CandidateTooLarge", [](auto& c) { c.candidates.items[0] = 99; }, "'candidates.items'"},
        Lie{"NotAscending", [](auto& c) { std::swap(c.train.items[0], c.train.items[1]); },
            "not ascending"},
        Lie{"Repeated", [](auto& c) { c.train.items[1] = 0; }, "not ascending and distinct"},
        Lie{"FewerOffsets", [](auto& c) { c.valid.offsets.pop_back(); }, "'valid.offsets'"},
        Lie{"MoreOffsets", [](auto& c) { c.test.offsets.push_back(1); }, "'test.offsets'"},
        Lie{"ItemsLeftOver", [](auto& c) { c.valid.items.push_back(3); }, "'valid.offsets'"},
        Lie{"FewerNames", [](auto& c) { c.item_names = Ids({"Alien"}); }, "1 item names"},
        Lie{"LabelsNotAscending",
            [](auto& c) {
              c.attributes.labels = Ids({"genre=war", "genre=comedy", "language=de"});
            },
            "from number 1"},
        Lie{"LabelRepeated",
            [](auto& c) {
              c.attributes.labels = Ids({"a=b", "a=b", "c=d"});
            },
            "from number 1"},
        Lie{"LabelWithoutValue",
            [](auto& c) {
              c.attributes.labels = Ids({"a=b", "a=c", "d="});
            },
            "from number 2"},
        Lie{"LabelWithoutName",
            [](auto& c) {
              c.attributes.labels = Ids({"=b", "a=c", "d=e"});
            },
            "'attribute_labels' are not"},
        Lie{"LabelWithoutSign",
            [](auto& c) {
              c.attributes.labels = Ids({"a", "b=c", "d=e"});
            },
            "from number 0"},
        Lie{"FewerLabels",
            [](auto& c) {
              c.attributes.labels = Ids({"a=b", "a=c"});
            },
            "'attributes.offsets' has 4 numbers where 2 labels need 3"},
        Lie{"LabelOfNoItem", [](auto& c) { c.attributes.items.items[2] = 4; },
            "names item 4 of label 1"},
        Lie{"LabelItemsNotAscending", [](auto& c) { c.attributes.items.items[0] = 3; },
            "'attributes.items' of label 0 are not ascending"},
        Lie{"MoreUsers",
            [](auto& c) {
              c.user_ids = Ids({"a", "b", "c", "d"});
            },
            "4 users"}),
    [](const auto& test) { return test.param.name; });

// Writes a data set whose train tensors are as given, whatever they say.
void WriteRaw(const std::string& path, const std::vector<std::int64_t>& offsets,
              const std::string& protocol) {
  const Ids ids({"0", "1"});
  const std::vector<std::int32_t> items = {0, 1, 0};
  const std::vector<std::int64_t> no_offsets = {0, 0, 0};
  const std::vector<std::int32_t> no_items;
  SafetensorsWriter writer("dataset");
  writer.SetMetadata("derrd.protocol", protocol);
  ids.AddTo(writer, "user_ids");
  ids.AddTo(writer, "item_ids");
  writer.Add("train.offsets", std::span<const std::int64_t>(offsets));
  writer.Add("train.items", std::span<const std::int32_t>(items));
  for (const std::string name : {"valid", "test"}) {
    writer.Add(name + ".offsets", std::span<const std::int64_t>(no_offsets));
    writer.Add(name + ".items", std::span<const std::int32_t>(no_items));
  }
  writer.Write(path);
}

TEST(DatasetTest, OffsetsThatLieAreErrors) {
  const TemporaryFolder folder;
  const std::string path = folder.Path("d");
  const auto message = [&] { return MessageOf([&] { Dataset::Open(path); }); };
  WriteRaw(path, {0, 2, 3}, "full");
  EXPECT_EQ(Dataset::Open(path).train().size(), 3u);
  WriteRaw(path, {0, 5, 3}, "full");
  EXPECT_THAT(message(), HasSubstr("'train.offsets' does not fit"));
  WriteRaw(path, {0, -5, 3}, "full");
  EXPECT_THAT(message(), HasSubstr("'train.offsets' does not fit"));
  WriteRaw(path, {1, 2, 3}, "full");
  EXPECT_THAT(message(), HasSubstr("'train.offsets' does not fit"));
  WriteRaw(path, {0, 2, 3}, "some");
  EXPECT_THAT(message(), HasSubstr("protocol 'some' is unknown"));
  WriteRaw(path, {0, 2, 3}, "sampled");
  EXPECT_THAT(message(), HasSubstr("'candidates.offsets' is missing"));
}

TEST(DatasetTest, AnotherKindOfFileIsAnError) {
  const TemporaryFolder folder;
  SafetensorsWriter("model").Write(folder.Path("m"));
  EXPECT_THAT(MessageOf([&] { Dataset::Open(folder.Path("m")); }),
              HasSubstr("a dataset is needed and this is a derrd model"));
}

// Any damage is either an Error or leaves a data set that can be walked.
TEST(DatasetTest, RandomDamageNeverFaults) {
  const TemporaryFolder folder;
  WriteDataset(SmallContents(), folder.Path("d"));
  const std::string whole = ReadAll(folder.Path("d"));
  int errors = 0;
  for (std::uint64_t trial = 0; trial < 1000; ++trial) {
    RandomStream stream(trial, Role::kTest, 0, 0);
    std::string damaged = whole;
    const auto size = static_cast<std::uint32_t>(damaged.size());
    if (trial % 4 == 0) damaged.resize(stream.Below(size));
    for (int i = 0; i < 3 && !damaged.empty(); ++i) {
      damaged[stream.Below(static_cast<std::uint32_t>(damaged.size()))] =
          static_cast<char>(stream.Next());
    }
    const std::string path = folder.Write(fmt::format("x{}", trial), damaged);
    try {
      const Dataset dataset = Dataset::Open(path);
      std::int64_t sum = 0;
      for (std::size_t u = 0; u < dataset.users(); ++u) {
        for (const std::int32_t item : dataset.train().Of(u)) {
          sum +=
              static_cast<std::int64_t>(dataset.item_ids()[static_cast<std::size_t>(item)].size());
        }
      }
      for (std::size_t label = 0; label < dataset.attributes().labels.size(); ++label) {
        for (const std::int32_t item : dataset.attributes().items.Of(label)) {
          sum +=
              static_cast<std::int64_t>(dataset.item_ids()[static_cast<std::size_t>(item)].size());
        }
      }
      EXPECT_GE(sum, 0);
    } catch (const Error&) {
      ++errors;
    }
  }
  EXPECT_GT(errors, 250);
}

}  // namespace
}  // namespace derrd
