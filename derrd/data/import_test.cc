// Tests of import, given_files, item_names and import_summary: whole files in, a data set out.
#include "derrd/data/import.h"

#include "derrd/core/random.h"
#include "derrd/data/item_names.h"
#include "derrd/data/test_files.h"

namespace derrd {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

// A hundred users with 3 to 12 of 80 items each, times and ratings.
std::string RandomRatings(std::uint64_t seed) {
  RandomStream stream(seed, Role::kTest, 0, 0);
  std::string text = "userId,movieId,rating,timestamp\n";
  for (int user = 1; user <= 100; ++user) {
    RandomPermutation items(seed, Role::kTest, static_cast<std::uint64_t>(user), 80);
    for (std::uint64_t i = 0; i < 3 + stream.Below(10); ++i) {
      text += fmt::format("{},{},{},{}\n", user, items(i), 1 + stream.Below(5), stream.Below(9999));
    }
  }
  return text;
}

class ImportTest : public ::testing::Test {
 protected:
  ImportOptions FilesOf(std::string_view text) {
    ImportOptions options;
    options.files = {folder_.Write("ratings", text)};
    options.filter.min_user = 3;
    options.negatives = 10;
    return options;
  }
  ImportOptions Given(std::string_view train, std::string_view valid, std::string_view test,
                      std::string_view candidates = "") {
    ImportOptions options;
    options.given = {folder_.Write("train", train), folder_.Write("valid", valid),
                     folder_.Write("test", test), ""};
    if (!candidates.empty()) options.given.candidates = folder_.Write("candidates", candidates);
    return options;
  }
  // The message of the Error; nothing may be left of the output.
  template <typename Kind = Error>
  std::string ErrorOf(const ImportOptions& options) {
    const std::string message =
        MessageOf<Kind>([&] { Import(options, folder_.Path("out.derrd")); });
    EXPECT_TRUE(folder_.Absent("out.derrd"));
    return message;
  }
  Dataset ImportAndOpen(const ImportOptions& options) {
    summary_ = Import(options, folder_.Path("out.derrd"));
    return Dataset::Open(folder_.Path("out.derrd"));
  }

  TemporaryFolder folder_;
  ImportSummary summary_;
};

TEST_F(ImportTest, LeaveOneOut) {
  const Dataset dataset = ImportAndOpen(FilesOf(RandomRatings(1)));
  EXPECT_EQ(dataset.protocol(), Protocol::kSampled);
  EXPECT_EQ(dataset.valid().size(), dataset.users());
  EXPECT_EQ(dataset.test().size(), dataset.users());
  EXPECT_EQ(dataset.candidates().size(), 10 * dataset.users());
  EXPECT_EQ(summary_.train, dataset.train().size());
  EXPECT_EQ(summary_.interactions() + summary_.dropped.rare + summary_.dropped.duplicates,
            summary_.files[0].interactions);
  EXPECT_EQ(dataset.user_ids()[0], "1") << "all ids are numbers: ascending";
  EXPECT_THAT(dataset.metadata(), Contains(Pair("import.split", "leave-one-out")));
  EXPECT_THAT(dataset.metadata(),
              Contains(Pair("import.train", std::to_string(dataset.train().size()))));
}

TEST_F(ImportTest, TheSameSeedGivesTheSameBytesWhereverTheFilesLie) {
  const ImportOptions options = FilesOf(RandomRatings(2));
  Import(options, folder_.Path("a"));
  ImportOptions moved = options;
  moved.files = {folder_.Write("elsewhere.zst", Zstd(ReadAll(options.files[0])))};
  Import(moved, folder_.Path("b"));
  EXPECT_EQ(ReadAll(folder_.Path("a")), ReadAll(folder_.Path("b")));
  moved.seed = 1;
  Import(moved, folder_.Path("c"));
  EXPECT_NE(ReadAll(folder_.Path("a")), ReadAll(folder_.Path("c")));
}

TEST_F(ImportTest, RatioWithFilters) {
  ImportOptions options = FilesOf(RandomRatings(3));
  options.split = SplitKind::kRatio;
  options.negatives = {};
  options.order = SplitOrder::kTime;
  options.ratio = "0.6,0.2,0.2";
  options.filter.min_rating = 3;
  const Dataset dataset = ImportAndOpen(options);
  EXPECT_EQ(dataset.protocol(), Protocol::kFull);
  EXPECT_TRUE(dataset.candidates().empty());
  EXPECT_GT(summary_.dropped.below_min_rating, 0u);
  EXPECT_THAT(dataset.metadata(), Contains(Pair("import.ratio", "0.6,0.2,0.2")));
}

TEST_F(ImportTest, SeveralFilesAreReadAsOne) {
  ImportOptions options;
  options.files = {folder_.Write("a", "x,1\nx,2\nx,3\ny,1\n"), folder_.Write("b", "y,2\ny,3\n")};
  options.negatives = 0;
  const Dataset dataset = ImportAndOpen(options);
  EXPECT_EQ(dataset.users(), 2u);
  EXPECT_EQ(dataset.protocol(), Protocol::kFull) << "no negatives: every item is ranked";
  EXPECT_EQ(summary_.files.size(), 2u);
}

TEST_F(ImportTest, ItemNames) {
  ImportOptions options = FilesOf("u,10\nu,20\nu,30\n");
  options.negatives = 0;
  const auto names_of = [&](std::string_view table) {
    options.item_names = folder_.Write("names", table);
    const Ids names = ImportAndOpen(options).item_names();
    return std::vector<std::string>{std::string(names[0]), std::string(names[1]),
                                    std::string(names[2])};
  };
  EXPECT_THAT(names_of("movieId,title,genres\n10,\"Postman, The\",Drama\n30,Heat,Crime\n99,X,Y\n"),
              ElementsAre("Postman, The", "20", "Heat"));
  EXPECT_EQ(summary_.names->named, 2u);
  EXPECT_EQ(summary_.names->unknown, 1u);
  EXPECT_THAT(names_of("10::Am\xE9lie (2001)::Comedy|Romance\n"),
              ElementsAre("Amélie (2001)", "20", "30"));
  EXPECT_THAT(names_of("20|GoldenEye (1995)|01-Jan-1995||x|0\n"),
              ElementsAre("10", "GoldenEye (1995)", "30"));
  EXPECT_THAT(names_of("id\tname\n20\tTwenty\n10\tTen\n"), ElementsAre("Ten", "Twenty", "30"));
  EXPECT_THAT(names_of("movie_title:token_seq\titem_id:token\nHeat\t30\n"),
              ElementsAre("10", "20", "Heat"));
  options.item_names = folder_.Write("names", "1,a\n2,b\n");
  folder_.Write("out.derrd", "");
  std::filesystem::remove(folder_.Path("out.derrd"));
  EXPECT_THAT(ErrorOf(options), HasSubstr("names none of the 3 items"));
  options.item_names = folder_.Write("names", "just words\n");
  EXPECT_THAT(ErrorOf(options), HasSubstr("no delimiter"));
  options.item_names = folder_.Write("names", "10,a\n20,b\n,\"x\n");
  EXPECT_THAT(ErrorOf(options), HasSubstr("names:3: a double quote is opened"));
}

TEST_F(ImportTest, ItemAttributes) {
  const std::string table = folder_.Write("table", "item,genre\n30,war|love\n99,war\n10,love\n");
  ImportOptions files = FilesOf("u,10\nu,20\nu,30\n"), given = Given("a,10\n", "a,30\n", "a,20\n");
  files.negatives = 0;
  files.item_attributes = given.item_attributes = table;
  for (const ImportOptions& options : {files, given}) {
    const Dataset dataset = ImportAndOpen(options);
    EXPECT_EQ(dataset.attributes().labels, Ids({"genre=love", "genre=war"}));
    EXPECT_THAT(dataset.attributes().items.Of(0),
                ElementsAre(*dataset.item_ids().Find("10"), *dataset.item_ids().Find("30")));
    EXPECT_THAT(dataset.attributes().items.Of(1), ElementsAre(*dataset.item_ids().Find("30")));
    EXPECT_THAT(ToText(summary_), HasSubstr("known    2 values of 1 attributes for 2 of 3 items, 1 "
                                            "lines about other items\n"));
    EXPECT_EQ(ToJson(summary_)["item_attributes"].dump(),
              R"({"attributes":1,"values":2,"described":2,"unknown":1})");
  }
  std::filesystem::remove(folder_.Path("out.derrd"));
  files.item_attributes = folder_.Write("table", "item,genre\n98,war\n10,\n");
  EXPECT_THAT(ErrorOf(files), HasSubstr("table: describes none of the 3 items"));
}

TEST_F(ImportTest, GivenSplits) {
  const Dataset dataset =
      ImportAndOpen(Given("user\titem\nb\ty\na\tx\na\tx\n", "user\titem\na\tz\n",
                          "user\titem\na\tw\nc\tx\n", "user\titems\na\tv u\nc\ty v\n"));
  EXPECT_EQ(dataset.protocol(), Protocol::kSampled);
  EXPECT_EQ(dataset.users(), 3u) << "c is in test only";
  EXPECT_EQ(dataset.user_ids()[0], "b") << "by first appearance";
  EXPECT_EQ(dataset.items(), 6u) << "y x z w v u: candidates are items too";
  EXPECT_THAT(dataset.candidates().Of(1), ElementsAre(4, 5));
  EXPECT_EQ(summary_.dropped.duplicates, 1u);
  EXPECT_EQ(summary_.untrained_items, 4u);
  EXPECT_THAT(dataset.metadata(), Contains(Pair("import.split", "given")));
}

TEST_F(ImportTest, GivenSplitsWithoutCandidatesAreRankedInFull) {
  const Dataset dataset = ImportAndOpen(Given("2,20\n1,10\n", "1,30\n1,40\n", "1,20\n"));
  EXPECT_EQ(dataset.protocol(), Protocol::kFull);
  EXPECT_EQ(dataset.user_ids()[0], "1");
  EXPECT_THAT(dataset.valid().Of(0), ElementsAre(2, 3));
}

TEST_F(ImportTest, CandidatesThatTheUserMetAreDropped) {
  const Dataset dataset = ImportAndOpen(Given("a,x\n", "a,y\n", "a,z\n", "a z q x y\n"));
  EXPECT_EQ(dataset.candidates().size(), 1u);
  EXPECT_EQ(summary_.dropped.met_candidates, 3u);
}

TEST_F(ImportTest, GivenSplitsThatDoNotFit) {
  EXPECT_THAT(ErrorOf(Given("a,x\na,y\n", "a,z\n", "a,x\n")),
              AllOf(HasSubstr("test: item 'x' of user 'a' is also in"), HasSubstr("train")));
  EXPECT_THAT(ErrorOf(Given("a,x\n", "a,z\n", "a,z\n")), HasSubstr("is also in"));
  EXPECT_THAT(ErrorOf(Given("a,x\n", "a,y\na,w\n", "a,z\n", "a q\n")),
              HasSubstr("valid: user 'a' has 2 items"));
  EXPECT_THAT(ErrorOf(Given("a,x\nb,x\n", "a,y\n", "b,z\n", "a q\n")),
              HasSubstr("candidates: user 'b' has no candidates"));
  EXPECT_THAT(ErrorOf(Given("a,x\n", "user,item\n", "b,z\n")),
              HasSubstr("valid: holds no interactions"));
}

TEST_F(ImportTest, OptionsThatDoNotFitAreWrongUsage) {
  EXPECT_THAT(ErrorOf<UsageError>({}), HasSubstr("no input"));
  ImportOptions both = Given("a,x\n", "a,y\n", "a,z\n");
  both.files = {"f"};
  EXPECT_THAT(ErrorOf<UsageError>(both), HasSubstr("not both"));
  ImportOptions given = Given("a,x\n", "a,y\n", "a,z\n");
  given.given.valid.clear();
  EXPECT_THAT(ErrorOf<UsageError>(given), HasSubstr("--valid"));
  given = Given("a,x\n", "a,y\n", "a,z\n");
  given.filter.min_user = 2;
  EXPECT_THAT(ErrorOf<UsageError>(given), HasSubstr("--min-user"));
  given = Given("a,x\n", "a,y\n", "a,z\n");
  given.negatives = 5;
  EXPECT_THAT(ErrorOf<UsageError>(given), HasSubstr("--negatives"));
  given = Given("a,x\n", "a,y\n", "a,z\n");
  given.read.time = "3";
  EXPECT_THAT(ErrorOf<UsageError>(given), HasSubstr("--time"));
  ImportOptions files = FilesOf("a,x\n");
  files.ratio = "0.8,0.1,0.1";
  EXPECT_THAT(ErrorOf<UsageError>(files), HasSubstr("--split ratio"));
  files.split = SplitKind::kRatio;
  EXPECT_THAT(ErrorOf<UsageError>(files), HasSubstr("--negatives"));
}

TEST_F(ImportTest, NothingLeft) {
  ImportOptions options = FilesOf("user,item,rating\n1,2,3\n1,2,3\n2,2,1\n");
  options.filter.min_rating = 2;
  EXPECT_THAT(ErrorOf(options),
              HasSubstr("nothing is left of 3 interactions: 1 were duplicates, 1 below "
                        "--min-rating, 1 below --min-user"));
  EXPECT_THAT(ErrorOf(FilesOf("user,item\n")), HasSubstr("holds no interactions"));
}

TEST_F(ImportTest, FewInteractionsUnderLeaveOneOut) {
  ImportOptions options = FilesOf("a,1\na,2\nb,1\nb,2\nb,3\n");
  options.filter.min_user = 0;
  EXPECT_THAT(ErrorOf(options), AllOf(HasSubstr("1 of 2 users"), HasSubstr("'a' with 2")));
}

TEST_F(ImportTest, BadFilesLeaveNoOutput) {
  EXPECT_THAT(ErrorOf(FilesOf("")), HasSubstr("is empty"));
  EXPECT_THAT(ErrorOf(FilesOf(Gzip(RandomRatings(1)).substr(0, 200))), HasSubstr("cut short"));
  EXPECT_THAT(ErrorOf(FilesOf("user,item\n1\n")), HasSubstr("ratings:2: has 1 fields"));
}

TEST_F(ImportTest, AFullDiskIsAnError) {
  const ImportOptions options = FilesOf(RandomRatings(4));
  EXPECT_THAT(MessageOf([&] { Import(options, "/dev/full"); }),
              AllOf(HasSubstr("/dev/full"), HasSubstr("No space left"), HasSubstr("free space")));
  EXPECT_THAT(MessageOf([&] { Import(options, folder_.Path("no/such/folder")); }),
              HasSubstr("no/such/folder"));
}

TEST_F(ImportTest, AnErrorKeepsTheFileThatWasThere) {
  folder_.Write("out.derrd", "old");
  EXPECT_THROW(Import(FilesOf("a,1\n"), folder_.Path("out.derrd")), Error);
  EXPECT_EQ(ReadAll(folder_.Path("out.derrd")), "old");
}

TEST_F(ImportTest, SummariesSayWhatTheDataSetHolds) {
  ImportAndOpen(FilesOf(RandomRatings(5)));
  const auto json = ToJson(summary_);
  EXPECT_EQ(json["users"], summary_.users);
  EXPECT_EQ(json["protocol"], "sampled");
  EXPECT_EQ(json["train"].get<std::size_t>() + 2 * summary_.users, json["interactions"]);
  EXPECT_NEAR(json["density"].get<double>() * static_cast<double>(summary_.users) *
                  static_cast<double>(summary_.items),
              json["interactions"].get<double>(), 1e-6);
  const std::string text = ToText(summary_);
  EXPECT_THAT(text, HasSubstr(fmt::format("kept     {} users", summary_.users)));
  EXPECT_THAT(text, HasSubstr("protocol sampled"));
}

}  // namespace
}  // namespace derrd
