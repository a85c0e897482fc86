#include "derrd/cli/hyper_parameter_flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace derrd::cli {
namespace {

// Flags of two methods that were called alike could not be told apart.
TEST(HyperParameterFlags, EveryFlagIsDeclaredOnce) {
  const MethodTable table;
  CLI::App app;
  EXPECT_NO_THROW(AddFlags(app, table));
  EXPECT_EQ(app.get_option("--lambda-rrd")->get_group(), "Method rrd");
}

// One of every kind of holder.
struct Held {
  double number = 0.5;
  std::size_t count = 3;
  std::optional<double> open;
  std::string word = "a";
  bool on = true;
  std::vector<std::string> paths;

  std::vector<HyperParameter> Parameters() {
    return {{"weight", "", Within(number, 0, 1)},
            {"a_count", "", Within(count, 1, 10)},
            {"open", "", LeftOpen{&open, 0, 9, 7.5}},
            {"word", "", OneOf{&word, {"a", "b"}}},
            {"is_on", "", Switch{&on, "yes", "no"}, "x-said"},
            {"files", "", InputFiles{&paths}}};
  }
};

TEST(HyperParameterFlags, SayWhatIsHeld) {
  Held held;
  CLI::App app;
  AddFlags(app, "x", held.Parameters());
  app.parse("--lambda-x 0.25 --x-a-count 4 --x-open 2 --x-word b --x-said no --x-files p,q");
  EXPECT_EQ(held.number, 0.25);
  EXPECT_EQ(held.count, 4u);
  EXPECT_EQ(held.open, 2.0);
  EXPECT_EQ(held.word, "b");
  EXPECT_FALSE(held.on);
  EXPECT_THAT(held.paths, testing::ElementsAre("p", "q"));
}

TEST(HyperParameterFlags, ShowDefaultsAndRefuseOthers) {
  Held held;
  CLI::App app;
  AddFlags(app, "x", held.Parameters());
  EXPECT_EQ(app.get_option("--x-open")->get_default_str(), "7.5");
  EXPECT_EQ(app.get_option("--x-said")->get_default_str(), "yes");
  EXPECT_EQ(app.get_option("--x-word")->get_default_str(), "a");
  for (const char* words : {"--lambda-x 1.5", "--x-a-count 0", "--x-a-count 2.5", "--x-open 10",
                            "--x-word c", "--x-said maybe"}) {
    EXPECT_THROW(app.parse(words), CLI::ParseError) << words;
  }
}

}  // namespace
}  // namespace derrd::cli
