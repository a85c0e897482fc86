#include "derrd/cli/checkpoints.h"

#include <gtest/gtest.h>

#include <string>

#include "derrd/core/error.h"
#include "derrd/core/test_folder.h"
#include "derrd/core/version.h"

namespace derrd::cli {
namespace {

using Json = nlohmann::ordered_json;

// What is said of a checkpoint with this version and configuration to a run with another one.
std::string Refusal(const std::string& program, const std::string& there, const Json& here) {
  const TestFolder folder;
  CheckpointFiles files(folder / "model");
  SafetensorsWriter writer(CheckpointFiles::kKind);
  writer.SetMetadata("derrd.program", program);
  writer.SetMetadata("derrd.config", there);
  files.Write(writer);
  try {
    const Checkpoints checkpoints({1, true}, folder / "model", here);
    return "";
  } catch (const Error& error) {
    return error.what();
  }
}

TEST(Checkpoints, OfTheSameRunIsOpened) {
  const Json config = {{"width", 20}, {"l2", 0.1}, {"de", {{"experts", 30}}}, {"stop", {"a", "b"}}};
  EXPECT_EQ(Refusal(std::string(Version()), config.dump(), config), "");
}

TEST(Checkpoints, EveryDifferenceIsNamedWithBothValues) {
  const std::string said =
      Refusal(std::string(Version()), R"({"width": 20, "de": {"experts": 30}, "init": "abc"})",
              {{"width", 10}, {"de", {{"experts", 4}}}, {"rrd", {{"top", 5}}}});
  EXPECT_NE(
      said.find(": de.experts is 30 there and 4 here, init is \"abc\" there and not set here, "
                "rrd is not set there and {\"top\":5} here, width is 20 there and 10 here; "),
      std::string::npos)
      << said;
}

TEST(Checkpoints, AnotherVersionIsRefused) {
  const std::string said = Refusal("0.0.1", "{}", Json::object());
  EXPECT_NE(said.find(fmt::format("derrd is 0.0.1 there and {} here", Version())),
            std::string::npos)
      << said;
}

TEST(Checkpoints, OneWithoutAConfigurationIsRefused) {
  const std::string said = Refusal(std::string(Version()), "3", Json::object());
  EXPECT_NE(said.find("holds no configuration"), std::string::npos) << said;
}

TEST(Checkpoints, PathsAreThoseThatMayBeWritten) {
  EXPECT_TRUE(Checkpoints::Paths({0, false}, "m").empty());
  const std::vector<std::string> both{"m.checkpoint", "m.checkpoint.previous"};
  EXPECT_EQ(Checkpoints::Paths({3, false}, "m"), both);
  EXPECT_EQ(Checkpoints::Paths({0, true}, "m"), both);
}

}  // namespace
}  // namespace derrd::cli
