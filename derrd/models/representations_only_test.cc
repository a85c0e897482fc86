#include "derrd/models/representations_only.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "derrd/core/error.h"
#include "derrd/core/test_folder.h"

namespace derrd {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(RepresentationsOnly, HasRowsAndNoScoresBeforeAndAfterTheFile) {
  Matrix<float> users(2, 3), items(1, 3);
  std::ranges::copy(std::vector<float>{1, 2, 3, 4, 5, 6}, users.data());
  std::ranges::copy(std::vector<float>{7, 8, 0}, items.data());
  ModelFile file;
  file.model = std::make_unique<RepresentationsOnly>(users, items);
  file.user_ids = Ids(std::vector<std::string>{"u", "v"});
  file.item_ids = Ids(std::vector<std::string>{"i"});
  file.config = file.metrics = nlohmann::ordered_json::object();
  const TestFolder folder;
  file.Write(folder / "m.derrd");
  const ModelFile read = ModelFile::Open(folder / "m.derrd");
  for (const Model* model : {file.model.get(), read.model.get()}) {
    EXPECT_EQ(model->kind(), "representations");
    EXPECT_EQ(model->users(), 2u);
    EXPECT_EQ(model->items(), 1u);
    EXPECT_EQ(model->representation_width(), 3u);
    EXPECT_FALSE(model->has_scores());
    EXPECT_EQ(model->lists(), nullptr);
    EXPECT_FALSE(model->factors().has_value());
    Matrix<float> out(2, 3);
    model->Representations(Side::kUser, std::vector<std::int32_t>{1, 0}, out);
    EXPECT_THAT(out.view().elements(), ElementsAre(4, 5, 6, 1, 2, 3));
    Matrix<float> item(1, 3);
    model->Representations(Side::kItem, std::vector<std::int32_t>{0}, item);
    EXPECT_THAT(item.view().elements(), ElementsAre(7, 8, 0));
    EXPECT_THAT([&] { model->ScoreAllItems(std::vector<std::int32_t>{0}, item); },
                ThrowsMessage<Error>(HasSubstr("'representations' has no score")));
  }
}

}  // namespace
}  // namespace derrd
