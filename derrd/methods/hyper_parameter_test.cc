#include "derrd/methods/hyper_parameter.h"

#include <gtest/gtest.h>

#include "derrd/core/file.h"
#include "derrd/core/fingerprint.h"
#include "derrd/core/test_folder.h"
#include "derrd/methods/base_model.h"
#include "derrd/methods/method_table.h"

namespace derrd {
namespace {

TEST(HyperParameter, IsNamedAfterItsOwnerAndKey) {
  double value = 1.0;
  EXPECT_EQ(FlagOf("rce-kd", {"weight", "", Within(value, 0, 1)}), "lambda-rce-kd");
  EXPECT_EQ(FlagOf("cd", {"rank_decay", "", Within(value, 0, 1)}), "cd-rank-decay");
  EXPECT_EQ(FlagOf("dcd", {"item_weight", "", Within(value, 0, 1), "lambda-dcd-item"}),
            "lambda-dcd-item");
}

TEST(HyperParameter, StandsInAModelsFileByItsKey) {
  const TestFolder folder;
  WriteTextFile(folder / "stage", "1");
  double weight = 0.25;
  std::size_t count = 7;
  std::optional<double> open;
  std::string word = "teacher";
  bool on = false;
  std::vector<std::string> paths = {folder / "stage"};
  const std::vector<HyperParameter> parameters = {
      {"weight", "", Within(weight, 0, 1)},     {"count", "", Within(count, 0, 9)},
      {"open", "", LeftOpen{&open, 0, 1, 0.5}}, {"word", "", OneOf{&word, {"teacher"}}},
      {"on", "", Switch{&on, "yes", "no"}},     {"files", "", InputFiles{&paths}}};
  EXPECT_EQ(ConfigOf(parameters),
            nlohmann::ordered_json({{"weight", 0.25},
                                    {"count", 7},
                                    {"open", 0.5},
                                    {"word", "teacher"},
                                    {"on", false},
                                    {"files", {Fingerprint(folder / "stage")}}}));
  open = 0.75;
  EXPECT_EQ(ConfigOf(parameters)["open"], 0.75);
}

// What is set by one declaration is read by it, and no two of a method share a key.
TEST(HyperParameter, EveryMethodsAreTheirOwn) {
  const MethodTable table;
  for (const auto& method : table.methods()) {
    EXPECT_EQ(ConfigOf(method->parameters()).size(), method->parameters().size())
        << method->info().name;
  }
}

TEST(BaseModel, HasTheParametersOfItsKindAlone) {
  BaseModelOptions options;
  for (const auto& [kind, expected] : {std::pair("bpr-mf", R"({"model":"bpr-mf","loss":"bpr",)"
                                                           R"("negatives_per_interaction":1})"),
                                       std::pair("neumf", R"({"model":"neumf","loss":"bce",)"
                                                          R"("negatives_per_interaction":1,)"
                                                          R"("neumf":{"layers":1}})")}) {
    options.kind = kind;
    EXPECT_EQ(ConfigOf(options).dump(), expected);
  }
  options.kind = "ials";
  EXPECT_FALSE(ConfigOf(options).contains("loss"));
  EXPECT_EQ(ConfigOf(options)["ials"].size(), 4u);
}

}  // namespace
}  // namespace derrd
