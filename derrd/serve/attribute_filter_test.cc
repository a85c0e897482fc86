#include "derrd/serve/attribute_filter.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "derrd/core/random.h"
#include "derrd/core/test_errors.h"
#include "derrd/core/test_folder.h"
#include "derrd/eval/test_score_table.h"  // RandomInteractions
#include "derrd/models/factors.h"
#include "derrd/serve/recommender.h"

namespace derrd {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::int32_t> ItemsOf(const ItemSet& set) {
  return {set.items().begin(), set.items().end()};
}

// Of items 0 ... 6.
OwnedAttributes Books() {
  return {Ids({"genre=fiction", "genre=poetry", "genre=war", "language=de", "language=en"}),
          {{0, 3, 5, 5, 7, 10}, {0, 1, 2, 2, 3, 0, 6, 1, 2, 3}}};
}

TEST(ItemsWhere, ValuesAreAlternativesAndAttributesMustAllFit) {
  const OwnedAttributes books = Books();
  const auto where = [&](std::vector<WantedValue> wanted) {
    const ItemSet found = ItemsWhere(books.view(), 7, wanted);
    EXPECT_EQ(found.item_count(), 7u);
    return ItemsOf(found);
  };
  EXPECT_THAT(where({{"genre", "fiction"}}), ElementsAre(0, 1, 2));
  EXPECT_THAT(where({{"genre", "poetry"}, {"genre", "fiction"}}), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(where({{"genre", "poetry"}, {"language", "en"}, {"genre", "poetry"}}),
              ElementsAre(2, 3));
  EXPECT_THAT(where({{"language", "de"}, {"language", "en"}, {"genre", "fiction"}}),
              ElementsAre(0, 1, 2));
  EXPECT_THAT(where({{"language", "de"}, {"genre", "poetry"}}), IsEmpty());
  EXPECT_THAT(where({{"genre", "war"}}), IsEmpty());
}

TEST(ItemsWhere, WhatIsUnknownIsNamedWithWhatIsNearest) {
  const OwnedAttributes books = Books();
  const auto message = [&](std::vector<WantedValue> wanted) {
    return MessageOf<UnknownAttribute>([&] { ItemsWhere(books.view(), 7, wanted); });
  };
  EXPECT_EQ(message({{"genre", "fictoin"}}),
            "of no item the attribute 'genre' is 'fictoin'; did you mean 'fiction'?");
  EXPECT_EQ(message({{"genre", "war"}, {"languag", "en"}}),
            "no item has the attribute 'languag'; did you mean 'language'?");
  EXPECT_EQ(message({{"genre", "en"}}), "of no item the attribute 'genre' is 'en'");
  EXPECT_EQ(message({{"genre=war", ""}}), "no item has the attribute 'genre=war'");
  EXPECT_THAT(message({{"", ""}}), HasSubstr("no item has the attribute ''"));
  EXPECT_LT(message({{"genre", std::string(1000, 'x')}}).size(), 200u);
  EXPECT_LT(message({{std::string(1000, 'x'), "war"}}).size(), 200u);
}

// A model and a data set whose items have attributes at random, both in files.
class FilteredRecommenderTest : public testing::Test {
 protected:
  static constexpr std::size_t kUsers = 20, kWidth = 5;

  std::shared_ptr<const Recommender> Open(std::size_t items, std::uint64_t seed,
                                          Precision precision) {
    RandomStream draw(seed, Role::kTest, items, 0);
    Matrix<float> user_rows(kUsers, kWidth), item_rows(items, kWidth);
    for (float& x : user_rows.view().elements()) x = draw.Normal();
    for (float& x : item_rows.view().elements()) x = draw.Normal();
    DatasetContents contents;
    contents.user_ids = Numbers(kUsers);
    contents.item_ids = Numbers(items);
    contents.train = RandomInteractions(kUsers, items, std::min<std::size_t>(items, 30), seed);
    contents.valid.offsets.assign(kUsers + 1, 0);
    contents.test.offsets.assign(kUsers + 1, 0);
    DrawAttributes(draw, items);
    contents.attributes = Contents();
    WriteDataset(contents, folder_ / "data.derrd");
    ModelFile file;
    file.user_ids = contents.user_ids;
    file.item_ids = contents.item_ids;
    file.model =
        std::make_unique<StoredFactors>("bpr-mf", std::move(user_rows), std::move(item_rows));
    file.Write(folder_ / "model.derrd");
    return Recommender::Open(folder_ / "model.derrd", folder_ / "data.derrd", precision);
  }

  static Ids Numbers(std::size_t count) {
    std::vector<std::string> ids;
    for (std::size_t i = 0; i < count; ++i) ids.push_back(std::to_string(i));
    return Ids(ids);
  }

  // "all" holds every item and "one" one; "a" and "b" are drawn.
  void DrawAttributes(RandomStream& draw, std::size_t items) {
    labelled_.clear();
    labelled_["one=x"].insert(static_cast<std::int32_t>(items - 1));
    for (std::size_t i = 0; i < items; ++i) {
      const auto item = static_cast<std::int32_t>(i);
      labelled_["all=x"].insert(item);
      for (const char* const name : {"a", "b"}) {
        labelled_[fmt::format("{}={}", name, draw.Below(6))].insert(item);
        if (draw.Below(2) == 0) labelled_[fmt::format("{}={}", name, draw.Below(6))].insert(item);
      }
    }
    for (const char* const label : {"a=0", "a=1", "b=0", "b=1"}) labelled_[label];  // may be empty
  }

  OwnedAttributes Contents() const {
    OwnedAttributes contents;
    std::vector<std::string> labels;
    for (const auto& [label, items] : labelled_) {
      labels.push_back(label);
      contents.items.items.insert(contents.items.items.end(), items.begin(), items.end());
      contents.items.offsets.push_back(static_cast<std::int64_t>(contents.items.items.size()));
    }
    contents.labels = Ids(labels);
    return contents;
  }

  bool Has(std::int32_t item, std::string_view name, const std::vector<std::string>& values) const {
    return std::ranges::any_of(values, [&](const std::string& value) {
      return labelled_.at(fmt::format("{}={}", name, value)).contains(item);
    });
  }

  const TestFolder folder_;
  std::map<std::string, std::set<std::int32_t>> labelled_;
};

using Filter = std::map<std::string, std::vector<std::string>>;

std::vector<WantedValue> WantedOf(const Filter& filter) {
  std::vector<WantedValue> wanted;
  for (const auto& [name, values] : filter) {
    for (const std::string& value : values) wanted.push_back({name, value});
  }
  return wanted;
}

TEST_F(FilteredRecommenderTest, AnswersAreThoseOfBruteForce) {
  const std::vector<Filter> filters = {{{"all", {"x"}}},
                                       {{"one", {"x"}}},
                                       {{"a", {"0"}}},
                                       {{"a", {"0", "1"}}},
                                       {{"a", {"0", "1"}}, {"b", {"0"}}},
                                       {{"a", {"1"}}, {"all", {"x"}}, {"b", {"1", "0"}}},
                                       {{"a", {"0"}}, {"one", {"x"}}}};
  bool met_nothing = false;
  for (const std::size_t items : {1, 63, 64, 65, 700}) {
    for (const Precision precision : {Precision::kFloat32, Precision::kInt8}) {
      const auto model = Open(items, items + 1, precision);
      RandomStream draw(items, Role::kTest, 1, 0);
      for (std::size_t trial = 0; trial < 60; ++trial) {
        const Filter& filter = filters[trial % filters.size()];
        const ItemSet allowed = model->ItemsWhere(WantedOf(filter));
        const auto user = static_cast<std::int32_t>(draw.Below(kUsers));
        std::vector<std::int32_t> excluded;
        for (std::uint32_t i = draw.Below(20); i > 0; --i) {
          excluded.push_back(
              static_cast<std::int32_t>(draw.Below(static_cast<std::uint32_t>(items))));
        }
        const std::size_t k = 1 + draw.Below(static_cast<std::uint32_t>(items) + 5);
        const bool include_seen = draw.Below(2) == 0;
        std::vector<ScoredItem> expected;
        for (const ScoredItem& one :
             model->Recommend({.user = user, .k = items, .include_seen = true})) {
          const bool fits = std::ranges::all_of(filter, [&](const auto& condition) {
            return Has(one.item, condition.first, condition.second);
          });
          const bool seen = std::ranges::binary_search(model->History(user), one.item);
          const bool out = std::ranges::count(excluded, one.item) > 0 || (seen && !include_seen);
          if (fits && !out && expected.size() < k) expected.push_back(one);
        }
        met_nothing = met_nothing || expected.empty();
        EXPECT_EQ(model->Recommend({.user = user,
                                    .k = k,
                                    .exclude = excluded,
                                    .include_seen = include_seen,
                                    .allowed = &allowed}),
                  expected);
      }
    }
  }
  EXPECT_TRUE(met_nothing);
}

TEST_F(FilteredRecommenderTest, WithoutADataSetNothingIsKnown) {
  const auto known = Open(70, 1, Precision::kFloat32);
  EXPECT_EQ(known->attributes().labels.size(), labelled_.size());
  EXPECT_EQ(ItemsOf(known->ItemsWhere(WantedOf({{"one", {"x"}}}))), (std::vector{69}));
  const auto unknown = Recommender::Open(folder_ / "model.derrd", {});
  EXPECT_TRUE(unknown->attributes().empty());
  EXPECT_THROW(unknown->ItemsWhere(WantedOf({{"one", {"x"}}})), UnknownAttribute);
}

}  // namespace
}  // namespace derrd
