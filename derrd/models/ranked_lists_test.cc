#include "derrd/models/ranked_lists.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "derrd/core/error.h"
#include "derrd/core/test_folder.h"

namespace derrd {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::ThrowsMessage;

Ids NumberedIds(std::size_t count) {
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < count; ++i) ids.push_back("id" + std::to_string(i));
  return Ids(ids);
}

// A model file of three users and five items with these lists.
struct SmallLists {
  std::vector<std::int64_t> offsets{0, 2, 2, 5};
  std::vector<std::int32_t> items{4, 0, 1, 2, 3};
  std::vector<float> scores;
  std::size_t item_count = 5;

  std::unique_ptr<RankedLists> Make() const {
    return std::make_unique<RankedLists>(offsets, items, scores, item_count);
  }
  void Write(const std::string& path) const {
    ModelFile file;
    file.model = Make();
    file.user_ids = NumberedIds(3);
    file.item_ids = NumberedIds(5);
    file.config = file.metrics = nlohmann::ordered_json::object();
    file.Write(path);
  }
};

TEST(RankedLists, AnswersByItsListsAndRefusesTheRest) {
  const auto model = SmallLists{}.Make();
  EXPECT_EQ(model->users(), 3u);
  EXPECT_EQ(model->items(), 5u);
  EXPECT_EQ(model->parameters(), 5u);
  EXPECT_EQ(model->representation_width(), 0u);
  EXPECT_EQ(model->lists(), model.get());
  EXPECT_FALSE(model->has_scores());
  EXPECT_THAT(model->Of(2), ElementsAre(1, 2, 3));
  EXPECT_THAT(model->Of(1), IsEmpty());
  EXPECT_EQ(model->ScoreAt(2, 0), -1);
  EXPECT_EQ(model->ScoreAt(2, 2), -3);

  const std::vector<std::int32_t> some{0};
  Matrix<float> out(1, 5);
  const auto refuses = ThrowsMessage<Error>(AllOf(HasSubstr("'rankings'"), HasSubstr("no score")));
  EXPECT_THAT([&] { model->ScoreAllItems(some, out); }, refuses);
  EXPECT_THAT([&] { model->ScoreItems(0, some, out.view().elements()); }, refuses);
  EXPECT_THAT([&] { model->ScoreAllItemsForLiked(some, out.view().elements()); }, refuses);
  EXPECT_THAT([&] { model->Representations(Side::kUser, some, out); },
              ThrowsMessage<Error>(HasSubstr("no representations")));
}

TEST(RankedLists, SurvivesTheFile) {
  const TestFolder folder;
  for (const auto& scores : {std::vector<float>{}, std::vector<float>{2, -1, 7, 7, 0.5f}}) {
    SmallLists lists;
    lists.scores = scores;
    lists.Write(folder / "m.derrd");
    const ModelFile file = ModelFile::Open(folder / "m.derrd");
    const RankedLists* model = file.model->lists();
    ASSERT_NE(model, nullptr);
    EXPECT_EQ(model->kind(), "rankings");
    EXPECT_EQ(model->items(), 5u);
    EXPECT_THAT(model->Of(0), ElementsAre(4, 0));
    EXPECT_THAT(model->Of(2), ElementsAre(1, 2, 3));
    EXPECT_EQ(model->is_scored(), !scores.empty());
    EXPECT_EQ(model->ScoreAt(2, 2), scores.empty() ? -3 : 0.5f);
  }
}

TEST(RankedLists, DamagedFilesAreTold) {
  const TestFolder folder;
  const auto error_of = [&](const auto& damage) {
    SmallLists lists;
    damage(lists);
    lists.Write(folder / "m.derrd");
    try {
      ModelFile::Open(folder / "m.derrd");
      return std::string("none");
    } catch (const Error& error) {
      return std::string(error.what());
    }
  };
  EXPECT_THAT(error_of([](SmallLists& l) { l.items[0] = 5; }),
              HasSubstr("list 0 holds item 5 of 5"));
  EXPECT_THAT(error_of([](SmallLists& l) { l.items[0] = -1; }), HasSubstr("list 0 holds item -1"));
  EXPECT_THAT(error_of([](SmallLists& l) { l.items[3] = 1; }),
              HasSubstr("list 2 holds an item twice"));
  EXPECT_THAT(error_of([](SmallLists& l) {
                l.scores = {1, 2, 3, 2, 1};
              }),
              HasSubstr("scores of list 0 do not fall"));
  EXPECT_THAT(error_of([](SmallLists& l) {
                l.scores = {2, 1, NAN, 2, 1};
              }),
              HasSubstr("scores of list 2 do not fall"));
  EXPECT_THAT(error_of([](SmallLists& l) { l.offsets[1] = 3; }), HasSubstr("do not fit together"));
  EXPECT_THAT(error_of([](SmallLists& l) { l.offsets[3] = 4; }), HasSubstr("do not fit together"));
  EXPECT_THAT(error_of([](SmallLists& l) { l.scores = {1}; }), HasSubstr("do not fit together"));
  EXPECT_THAT(error_of([](SmallLists& l) { l.item_count = std::size_t{1} << 40; }),
              HasSubstr("do not fit together"));
  EXPECT_THAT(error_of([](SmallLists& l) { l.offsets = {0, 2, 5}; }), HasSubstr("3 user ids"));
}

}  // namespace
}  // namespace derrd
