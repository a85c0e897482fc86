#include "derrd/serve/recommender.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include "derrd/core/error.h"
#include "derrd/core/random.h"
#include "derrd/core/test_errors.h"
#include "derrd/core/test_folder.h"
#include "derrd/eval/test_score_table.h"
#include "derrd/models/factors.h"
#include "derrd/models/fold_in.h"
#include "derrd/models/ranked_lists.h"
#include "derrd/models/representations_only.h"
#include "derrd/serve/measure.h"

namespace derrd {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::size_t kUsers = 130, kItems = 300, kWidth = 7;

Ids Numbered(const std::string& letter, std::size_t count) {
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < count; ++i) ids.push_back(letter + std::to_string(i));
  return Ids(ids);
}

ModelFile FileOf(std::unique_ptr<Model> model) {
  ModelFile file;
  file.user_ids = Numbered("u", model->users());
  file.item_ids = Numbered("i", model->items());
  file.model = std::move(model);
  return file;
}

Matrix<float> RecommenderRows(std::size_t rows, std::uint64_t seed) {
  Matrix<float> table(rows, kWidth);
  RandomStream random(seed, Role::kTest, 0, 0);
  for (float& x : table.view().elements()) x = random.Normal();
  return table;
}

ModelFile FactorFile() {
  return FileOf(std::make_unique<StoredFactors>("bpr-mf", RecommenderRows(kUsers, 1),
                                                RecommenderRows(kItems, 2)));
}

TEST(Recommender, AnswersFromAFileAndRefusesOneThatIsNotWhole) {
  const TestFolder folder;
  const ModelFile written = FactorFile();
  written.Write(folder / "model.derrd");
  DatasetContents contents;
  contents.user_ids = written.user_ids;
  contents.item_ids = written.item_ids;
  contents.train = RandomInteractions(kUsers, kItems, 20, 3);
  contents.valid.offsets.assign(kUsers + 1, 0);
  contents.test.offsets.assign(kUsers + 1, 0);
  WriteDataset(contents, folder / "data.derrd");
  const auto in_memory =
      Recommender::Of(FactorFile(), "model", contents.train.view(), Precision::kFloat32);
  for (const Precision precision : {Precision::kFloat32, Precision::kInt8}) {
    const auto opened = Recommender::Open(folder / "model.derrd", folder / "data.derrd", precision);
    EXPECT_EQ(opened->precision(), precision);
    EXPECT_EQ(opened->kind(), "bpr-mf");
    EXPECT_EQ(opened->users(), kUsers);
    EXPECT_EQ(opened->items(), kItems);
    EXPECT_EQ(opened->width(), kWidth);
    EXPECT_EQ(opened->bytes(), std::filesystem::file_size(folder / "model.derrd"));
    EXPECT_TRUE(opened->has_histories());
    for (std::int32_t user = 0; user < static_cast<std::int32_t>(kUsers); ++user) {
      const auto history = contents.train.view().Of(static_cast<std::size_t>(user));
      EXPECT_TRUE(std::ranges::equal(opened->History(user), history));
      const auto answer = opened->Recommend({.user = user});
      EXPECT_EQ(answer, in_memory->Recommend({.user = user}));
      for (const ScoredItem& item : answer) {
        EXPECT_FALSE(std::ranges::binary_search(history, item.item));
      }
    }
  }
  EXPECT_FALSE(Recommender::Open(folder / "model.derrd", {})->has_histories());
  ModelFile broken = FactorFile();
  Matrix<float> rows = RecommenderRows(kItems, 2);
  rows(3, 3) = NAN;
  broken.model =
      std::make_unique<StoredFactors>("bpr-mf", RecommenderRows(kUsers, 1), std::move(rows));
  broken.Write(folder / "broken.derrd");
  EXPECT_THAT(MessageOf([&] { Recommender::Open(folder / "broken.derrd", {}); }),
              HasSubstr("not finite"));
  contents.item_ids = Numbered("j", kItems);
  WriteDataset(contents, folder / "other.derrd");
  EXPECT_THAT(MessageOf([&] { Recommender::Open(folder / "model.derrd", folder / "other.derrd"); }),
              HasSubstr("other.derrd"));
}

// Whatever answers: a table that is searched, a network, lists.
TEST(Recommender, TogetherAndAloneAreTheSameAtAnyNumberOfThreads) {
  const auto histories = RandomInteractions(kUsers, kItems, 40, 4);
  const std::vector<std::int32_t> excluded{9, 3, 9, 250}, liked{5, 8, 5};
  const ItemSet allowed(kItems, std::vector<std::int32_t>{1, 2, 3, 5, 100, 250, 299});
  std::vector<Query> queries;
  for (std::size_t user = 0; user < kUsers; ++user) {
    Query query{.user = static_cast<std::int32_t>(user), .k = 1 + user % 12};
    if (user % 2 == 0) query.exclude = excluded;
    if (user % 3 == 0) query.allowed = &allowed;
    query.include_seen = user % 5 == 0;
    queries.push_back(query);
    if (user % 7 == 0) queries.push_back({.liked = liked, .k = 4});
  }
  const auto table = ScoreTable::WithTies(kUsers, kItems, 5);
  for (const Precision precision : {Precision::kFloat32, Precision::kInt8}) {
    for (const bool network : {false, true}) {
      const auto recommender =
          Recommender::Of(network ? FileOf(std::make_unique<ScoreTable>(table)) : FactorFile(),
                          "model", histories.view(), precision);
      EXPECT_EQ(recommender->searches_a_table(), !network);
      EXPECT_EQ(recommender->precision(), network ? Precision::kFloat32 : precision);
      const auto together = recommender->RecommendAll(queries);
      for (std::size_t q = 0; q < queries.size(); ++q) {
        EXPECT_EQ(together[q], recommender->Recommend(queries[q])) << q;
      }
      for (const int threads : {1, 2, 3, 8}) {
        const Parallel parallel(threads);
        EXPECT_EQ(recommender->RecommendAll(queries, &parallel), together);
      }
    }
  }
}

TEST(Recommender, LeavesOutWhatIsSeenExcludedOrNotAllowed) {
  OwnedInteractions histories;
  histories.offsets = {0, 2};
  histories.items = {0, 4};
  Matrix<float> user(1, 1), items(6, 1);
  user(0, 0) = 1.0f;
  for (std::size_t i = 0; i < 6; ++i) items(i, 0) = static_cast<float>(6 - i);
  for (const bool network : {false, true}) {
    std::unique_ptr<Model> model;
    if (network) {
      Matrix<float> scores(1, 6);
      for (std::size_t i = 0; i < 6; ++i) scores(0, i) = static_cast<float>(6 - i);
      model = std::make_unique<ScoreTable>(std::move(scores));
    } else {
      model = std::make_unique<StoredFactors>("bpr-mf", FactorView{user, items});
    }
    const auto recommender =
        Recommender::Of(FileOf(std::move(model)), "model", histories.view(), Precision::kFloat32);
    const auto answer = [&](Query query) {
      std::vector<std::int32_t> found;
      for (const ScoredItem& item : recommender->Recommend(query)) found.push_back(item.item);
      return found;
    };
    const std::vector<std::int32_t> excluded{3, 1}, some{0, 3, 5}, liked{0};
    const ItemSet allowed(6, some), none(6, {});
    EXPECT_THAT(answer({.user = 0}), ElementsAre(1, 2, 3, 5));
    EXPECT_THAT(answer({.user = 0, .k = 2}), ElementsAre(1, 2));
    EXPECT_THAT(answer({.user = 0, .exclude = excluded}), ElementsAre(2, 5));
    EXPECT_THAT(answer({.user = 0, .include_seen = true}), ElementsAre(0, 1, 2, 3, 4, 5));
    EXPECT_THAT(answer({.user = 0, .allowed = &allowed}), ElementsAre(3, 5));
    EXPECT_THAT(answer({.user = 0, .exclude = excluded, .include_seen = true, .allowed = &allowed}),
                ElementsAre(0, 5));
    EXPECT_TRUE(answer({.user = 0, .allowed = &none}).empty());
    EXPECT_EQ(answer({.liked = liked}).front(), 1);
    EXPECT_EQ(answer({.liked = liked, .include_seen = true}).front(), 0);
  }
}

TEST(Recommender, SomebodyNewIsFoldedIn) {
  const auto recommender = Recommender::Of(FactorFile(), "model", {}, Precision::kInt8);
  const Matrix<float> items = RecommenderRows(kItems, 2);
  const std::vector<std::int32_t> liked{8, 3, 77};
  const std::vector<float> row = FoldIn(items).UserWho(liked);
  for (const ScoredItem& found : recommender->Recommend({.liked = liked, .k = kItems})) {
    double score = 0.0;
    for (std::size_t c = 0; c < kWidth; ++c) {
      score += static_cast<double>(row[c]) *
               static_cast<double>(items(static_cast<std::size_t>(found.item), c));
    }
    EXPECT_NEAR(static_cast<double>(found.score), score, 1e-5);
  }
}

TEST(Recommender, ListsAnswerWithWhatTheyHold) {
  const auto recommender =
      Recommender::Of(FileOf(std::make_unique<RankedLists>(std::vector<std::int64_t>{0, 4, 5},
                                                           std::vector<std::int32_t>{3, 0, 2, 1, 4},
                                                           std::vector<float>{}, 6)),
                      "lists", {}, Precision::kFloat32);
  const std::vector<std::int32_t> excluded{0};
  EXPECT_THAT(recommender->Recommend({.user = 0, .k = 2, .exclude = excluded}),
              ElementsAre(ScoredItem{3, -1}, ScoredItem{2, -3}));
  EXPECT_THAT(recommender->Recommend({.user = 1}), ElementsAre(ScoredItem{4, -1}));
  EXPECT_THAT(MessageOf([&] { recommender->Recommend({.liked = excluded}); }),
              HasSubstr("no score"));
}

TEST(Recommender, QueriesThatMakeNoSenseAreRefused) {
  const auto recommender = Recommender::Of(FactorFile(), "model", {}, Precision::kFloat32);
  const std::vector<std::int32_t> item{0}, beyond{static_cast<std::int32_t>(kItems)}, below{-1};
  const ItemSet other(kItems + 1, item);
  for (const Query& query :
       {Query{}, Query{.user = 0, .liked = item}, Query{.user = 0, .k = 0}, Query{.user = -1},
        Query{.user = static_cast<std::int32_t>(kUsers)}, Query{.liked = beyond},
        Query{.liked = below}, Query{.user = 0, .exclude = beyond},
        Query{.user = 0, .allowed = &other}}) {
    EXPECT_THROW(recommender->Recommend(query), UsageError);
    EXPECT_THROW(recommender->RecommendAll({&query, 1}), UsageError);
  }
  EXPECT_THAT(MessageOf([] {
                Recommender::Of(FileOf(std::make_unique<RepresentationsOnly>(
                                    RecommenderRows(3, 1), RecommenderRows(4, 1))),
                                "file", {}, Precision::kFloat32);
              }),
              HasSubstr("no scores"));
}

TEST(Recommender, AScoreThatIsNotFiniteNamesWhoAsked) {
  ScoreTable model = ScoreTable::WithTies(2, 4, 1);
  model.At(1, 2) = std::numeric_limits<float>::quiet_NaN();
  const auto recommender = Recommender::Of(FileOf(std::make_unique<ScoreTable>(model)), "model", {},
                                           Precision::kFloat32);
  EXPECT_EQ(recommender->Recommend({.user = 0}).size(), 4u);
  EXPECT_THAT(MessageOf([&] { recommender->Recommend({.user = 1}); }),
              testing::AllOf(HasSubstr("'u1'"), HasSubstr("'i2'")));
  const std::vector<std::int32_t> liked{1};  // of which the table answers for user 1
  EXPECT_THAT(MessageOf([&] { recommender->Recommend({.liked = liked}); }), HasSubstr("new user"));
}

TEST(Measure, QuantilesByNearestRank) {
  const std::vector<double> times{1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  EXPECT_EQ(Quantile(times, 0.5), 5);
  EXPECT_EQ(Quantile(times, 0.99), 10);
  EXPECT_EQ(Quantile(times, 0.1), 1);
  EXPECT_EQ(Quantile(times, 0.11), 2);
  EXPECT_EQ(Quantile(std::span(times).first(1), 0.999), 1);
}

TEST(Measure, AsksAsOftenAsItIsTold) {
  const auto recommender = Recommender::Of(FactorFile(), "model", {}, Precision::kFloat32);
  const MeasureOptions options{.queries = 250, .batch = 8, .seconds = 60};
  const Latency latency = MeasureLatency(*recommender, options);
  EXPECT_EQ(latency.queries, 250u);
  EXPECT_GT(latency.p50, 0);
  EXPECT_LE(latency.p50, latency.p99);
  EXPECT_LE(latency.p99, latency.p999);
  EXPECT_GT(MeasureBatches(*recommender, options, Parallel(2)), 0);
  EXPECT_GT(MicrosecondsToRead(1 << 16), 0);
}

}  // namespace
}  // namespace derrd
