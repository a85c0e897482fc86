#include "derrd/experiment/costs.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "derrd/core/test_folder.h"
#include "derrd/eval/evaluator.h"
#include "derrd/models/bpr_mf.h"
#include "derrd/models/int8_rows.h"
#include "derrd/models/neu_mf.h"
#include "derrd/train/test_dataset.h"

namespace derrd {
namespace {

std::string Written(std::unique_ptr<Model> model, const Dataset& dataset,
                    const TestFolder& folder) {
  ModelFile file;
  file.model = std::move(model);
  file.user_ids = dataset.user_ids();
  file.item_ids = dataset.item_ids();
  file.Write(folder / "model.derrd");
  return folder / "model.derrd";
}

TEST(Int8Facts, AreOfTheRoundedRows) {
  constexpr std::size_t kWidth = 200;
  const TestFolder folder;
  const Dataset dataset = SmallDataset(folder);
  const BprMf model(dataset.users(), dataset.items(), kWidth, 3);
  const std::string path = Written(model.Copy(), dataset, folder);
  const auto facts = Int8Facts(path, dataset);
  ASSERT_TRUE(facts.has_value());

  const BprMf rounded(RestoreRows(QuantiseRows(model.user_rows())),
                      RestoreRows(QuantiseRows(model.item_rows())));
  EXPECT_EQ((*facts)["test"], ToJson(Evaluate(rounded, dataset, Split::kTest, Parallel(1))));
  EXPECT_GT((*facts)["microseconds_per_query"], 0.0);
  // Of each number one byte in four stays; a row's scale takes four.
  const std::size_t rows = dataset.users() + dataset.items();
  EXPECT_EQ((*facts)["bytes"], std::filesystem::file_size(path) - rows * (3 * kWidth - 4));
}

TEST(Int8Facts, NothingWhereScoresAreNoInnerProducts) {
  const TestFolder folder;
  const Dataset dataset = SmallDataset(folder);
  const std::string path =
      Written(std::make_unique<NeuMf>(NeuMfShape::For(dataset.users(), dataset.items(), 8, 2), 3),
              dataset, folder);
  EXPECT_FALSE(Int8Facts(path, dataset).has_value());
  EXPECT_GT(MicrosecondsPerQuery(path, dataset), 0.0);
}

}  // namespace
}  // namespace derrd
