#include "derrd/cli/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "derrd/core/error.h"
#include "derrd/core/file.h"
#include "derrd/core/test_errors.h"

namespace derrd::cli {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// A program with two subcommands, parsed as main() does it.
class ConfigTest : public testing::Test {
 protected:
  ConfigTest() {
    program_.require_subcommand(1);
    program_.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    train_ = program_.add_subcommand("train", "");
    train_->add_option("DATASET", dataset_)->required();
    train_->add_option("MODELS", models_);
    train_->add_option("--learning-rate", rate_);
    train_->add_option("-k,--top", top_)->check(CLI::Range(1, 50));
    train_->add_option("--seed", seed_);
    train_->add_option("--methods", methods_);
    train_->add_option("--name", name_);
    train_->add_flag("--json", json_);
    train_->add_option("--config");
    program_.add_subcommand("distill", "")->add_option("--teacher", teacher_);
    directory_ = std::filesystem::path(testing::TempDir()) /
                 testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::create_directories(directory_);
    path_ = directory_ / "c.toml";
  }
  ~ConfigTest() override { std::filesystem::remove_all(directory_); }

  std::string Parse(const std::string& toml, std::vector<std::string> words) {
    WriteTextFile(path_, toml);
    Arguments arguments;
    try {
      arguments = ExpandConfig(program_, std::move(words));
      std::vector<std::string> reversed(arguments.words.rbegin(), arguments.words.rend());
      program_.parse(reversed);
      return "";
    } catch (const UsageError& error) {
      return error.what();
    } catch (const CLI::ParseError& error) {
      return ExplainParseError(program_, error, arguments);
    }
  }
  std::string Train(const std::string& toml, std::vector<std::string> more = {}) {
    std::vector<std::string> words = {"train", "data", "--config", path_};
    words.insert(words.end(), more.begin(), more.end());
    return Parse(toml, words);
  }

  CLI::App program_{"", "derrd"};
  CLI::App* train_ = nullptr;
  std::string dataset_, name_ = "unset", teacher_;
  std::vector<std::string> models_, methods_;
  double rate_ = 0;
  int top_ = 0;
  std::uint64_t seed_ = 0;
  bool json_ = false;
  std::filesystem::path directory_;
  std::string path_;
};

TEST_F(ConfigTest, EveryKindOfValue) {
  EXPECT_EQ(Train("learning_rate = 1e-3\nk = 7\nseed = 18\nmethods = ['de', 'r,rd', '-x']\n"
                  "name = ''\njson = true\n"),
            "");
  EXPECT_EQ(dataset_, "data");
  EXPECT_EQ(rate_, 1e-3);
  EXPECT_EQ(top_, 7);
  EXPECT_EQ(seed_, 18u);
  EXPECT_THAT(methods_, ElementsAre("de", "r,rd", "-x"));
  EXPECT_EQ(name_, "");
  EXPECT_TRUE(json_);
}

TEST_F(ConfigTest, SeveralValuesDoNotTakeThePositionals) {
  EXPECT_EQ(Parse("methods = ['de']", {"train", "--config=" + path_, "data", "a", "b"}), "");
  EXPECT_THAT(methods_, ElementsAre("de"));
  EXPECT_EQ(dataset_, "data");
  EXPECT_THAT(models_, ElementsAre("a", "b"));
}

TEST_F(ConfigTest, FlagsWin) {
  EXPECT_EQ(Train("learning-rate = 1\ntop = 7\nmethods = ['a', 'b']\njson = true",
                  {"--learning-rate=2", "-k9", "--json=false", "--methods", "c"}),
            "");
  EXPECT_EQ(rate_, 2);
  EXPECT_EQ(top_, 9);
  EXPECT_THAT(methods_, ElementsAre("c"));
  EXPECT_FALSE(json_);
}

TEST_F(ConfigTest, TheSubcommandsTableWinsAndOthersArePassedOver) {
  EXPECT_EQ(Train("seed = 1\nmethods = ['a']\n[train]\nseed = 2\nmethods = ['b']\n"
                  "[distill]\nteacher = 'x'\n"),
            "");
  EXPECT_EQ(seed_, 2u);
  EXPECT_THAT(methods_, ElementsAre("b"));
}

TEST_F(ConfigTest, AFlagThatIsFalseAndAnEmptyFile) {
  json_ = true;
  EXPECT_EQ(Train("json = false"), "");
  EXPECT_FALSE(json_);
  EXPECT_EQ(Train(""), "");
}

TEST_F(ConfigTest, WordsAfterTheEndOfFlagsAreLeftAlone) {
  EXPECT_EQ(Parse("seed = 3", {"train", "--config", path_, "--", "data", "--config", "--seed"}),
            "");
  EXPECT_EQ(seed_, 3u);
  EXPECT_THAT(models_, ElementsAre("--config", "--seed"));
}

TEST_F(ConfigTest, NumbersPassForText) {
  EXPECT_EQ(Train("name = 42"), "");
  EXPECT_EQ(name_, "42");
}

TEST_F(ConfigTest, UnknownKeyNamesLineAndNearestFlag) {
  EXPECT_THAT(Train("seed = 1\n\nlerning_rate = 2"),
              AllOf(HasSubstr(path_ + ":3:"), HasSubstr("'lerning_rate'"),
                    HasSubstr("did you mean 'learning-rate'?"), HasSubstr("derrd train --help")));
  EXPECT_THAT(Train("[train]\nxyzzy = 2"),
              AllOf(HasSubstr(path_ + ":2:"), HasSubstr("'xyzzy'"), Not(HasSubstr("did you"))));
  EXPECT_THAT(Train("[trian]\nseed = 2"),
              AllOf(HasSubstr(path_ + ":1:"), HasSubstr("did you mean 'train'?")));
  EXPECT_THAT(Train("help = true"), HasSubstr("'help' is no flag"));
  EXPECT_THAT(Train("config = 'x'"), HasSubstr("'config' is no flag"));
  EXPECT_THAT(Train("DATASET = 'x'"), HasSubstr("'DATASET' is no flag"));
}

TEST_F(ConfigTest, WrongTypesNameLineAndWhatIsNeeded) {
  const auto wrong = [&](const std::string& toml, const std::string& needed) {
    EXPECT_THAT(Train("\n" + toml), AllOf(HasSubstr(path_ + ":2:"), HasSubstr(needed))) << toml;
  };
  wrong("seed = 'x'", "needs whole number that is not negative and has text");
  wrong("seed = -1", "not negative");
  wrong("top = 1.5", "needs whole number and has a number of another kind");
  wrong("learning-rate = '1'", "needs number and has text");
  wrong("json = 1", "needs true or false and has a number");
  wrong("name = true", "needs text and has true or false");
  wrong("name = ['a']", "needs one text and has an array");
  wrong("name = 2020-01-01", "needs text and has a date");
  wrong("name.x = 1", "needs text and has a table");
  wrong("methods = [['a']]", "needs text and has an array");
  wrong("train = 1", "needs a table of flags");
}

TEST_F(ConfigTest, ValuesOutOfRangeNameTheLineToo) {
  EXPECT_THAT(Train("\ntop = 51"), AllOf(HasSubstr(path_ + ":2:"), HasSubstr("--top")));
  EXPECT_THAT(Train("\ntop = 99999999999"), AllOf(HasSubstr(path_ + ":2:"), HasSubstr("--top")));
}

TEST_F(ConfigTest, BrokenTomlNamesLineAndColumn) {
  EXPECT_THAT(Train("seed = 1\nname = 'x"), HasSubstr(path_ + ":2:"));
  EXPECT_THAT(Train("seed = 1\nseed = 2"), HasSubstr(path_ + ":2:"));
}

TEST_F(ConfigTest, AFileThatIsNotThereIsAnError) {
  EXPECT_THAT(MessageOf([&] {
                ExpandConfig(program_, {"train", "--config", path_ + ".missing"});
              }),
              HasSubstr(path_ + ".missing"));
}

TEST_F(ConfigTest, UnknownFlagsAndSubcommandsAreExplained) {
  EXPECT_THAT(Parse("", {"train", "data", "--lerning-rate=3"}),
              AllOf(HasSubstr("'derrd train' has no flag '--lerning-rate'"),
                    HasSubstr("did you mean '--learning-rate'?")));
  EXPECT_THAT(Parse("", {"train", "--sed", "3"}), HasSubstr("did you mean '--seed'?"));
  EXPECT_THAT(Parse("", {"trian"}),
              AllOf(HasSubstr("no subcommand 'trian'"), HasSubstr("did you mean 'train'?")));
  EXPECT_THAT(Parse("", {"--sed"}), HasSubstr("'derrd' has no flag '--sed'"));
  EXPECT_THAT(Parse("", {"train"}), AllOf(HasSubstr("DATASET"), HasSubstr("derrd train --help")));
}

}  // namespace
}  // namespace derrd::cli
