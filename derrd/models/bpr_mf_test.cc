#include "derrd/models/bpr_mf.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "derrd/core/error.h"
#include "derrd/core/test_folder.h"

namespace derrd {
namespace {

// A loss that is linear in scores and in representations, so that its gradient is known exactly.
struct Step {
  std::vector<std::int32_t> users{4, 1, 2}, items{6, 0, 3, 5};
  std::vector<std::int32_t> list_users{4, 1, 4}, list_items{6, 0, 3, 6, 6, 5};
  std::vector<std::int64_t> offsets{0, 3, 4, 6};
  std::vector<float> score_gradients{0.5f, -1.0f, 2.0f, 0.25f, -0.75f, 1.5f};
  std::vector<std::int32_t> direct_items{3, 6};
  Matrix<float> direct{2, 3};

  Step() {
    for (std::size_t i = 0; i < direct.size(); ++i) direct.data()[i] = static_cast<float>(i) - 2.0f;
  }
  ScoreLists lists() const { return {list_users, offsets, list_items}; }

  double Loss(const BprMf& model) const {
    double loss = 0.0;
    for (std::size_t l = 0; l < list_users.size(); ++l) {
      for (auto p = static_cast<std::size_t>(offsets[l]);
           p < static_cast<std::size_t>(offsets[l + 1]); ++p) {
        for (std::size_t c = 0; c < 3; ++c) {
          loss +=
              static_cast<double>(score_gradients[p]) *
              static_cast<double>(model.user_rows()(static_cast<std::size_t>(list_users[l]), c)) *
              static_cast<double>(model.item_rows()(static_cast<std::size_t>(list_items[p]), c));
        }
      }
    }
    for (std::size_t i = 0; i < 2; ++i) {
      for (std::size_t c = 0; c < 3; ++c) {
        loss +=
            static_cast<double>(direct(i, c)) *
            static_cast<double>(model.item_rows()(static_cast<std::size_t>(direct_items[i]), c));
      }
    }
    return loss;
  }
};

// Whatever order the rows are kept in: each selected one, once, with its own gradient.
TEST(BprMf, KeepsTheRowsOfAStepInTablesOfAnySize) {
  const Parallel parallel(2);
  for (const std::size_t items : {1u, 63u, 64u, 65u, 1000u}) {
    BprMf model(2, items, 2, 1);
    std::vector<std::int32_t> selected;  // every third, the last ones first
    for (auto i = static_cast<std::int32_t>(items) - 1; i >= 0; i -= 3) selected.push_back(i);
    const std::vector<std::int32_t> users{1}, list(1, 1);
    const std::vector<std::int64_t> offsets{0, std::ssize(selected)};
    std::vector<float> gradients(selected.size());
    for (std::size_t i = 0; i < selected.size(); ++i)
      gradients[i] = static_cast<float>(selected[i]);
    model.SelectRows(users, selected);
    model.AddScoreGradients({list, offsets, selected}, gradients);
    model.Backward(parallel);
    const EmbeddingTable& table = *model.tables()[1];
    EXPECT_TRUE(std::ranges::is_permutation(table.rows, selected));
    for (std::size_t s = 0; s < table.rows.size(); ++s) {
      for (std::size_t c = 0; c < 2; ++c) {
        EXPECT_EQ(table.gradient(s, c),
                  static_cast<float>(table.rows[s]) * model.user_rows()(1, c));
      }
    }
  }
}

TEST(BprMf, GradientsReachEveryRowOfTheStep) {
  for (const int threads : {1, 3}) {
    const Parallel parallel(threads);
    BprMf model(6, 8, 3, 1);
    for (EmbeddingTable* table : model.tables()) {
      for (float& x : table->values.view().elements()) x *= 100.0f;
    }
    Step step;
    model.SelectRows(step.users, step.items);
    model.Forward(0, parallel);
    std::vector<float> scores(step.list_items.size());
    model.Scores(step.lists(), scores, parallel);
    model.AddScoreGradients(step.lists(), step.score_gradients);
    model.AddRepresentationGradients(Side::kItem, step.direct_items, step.direct);
    model.Backward(parallel);
    for (EmbeddingTable* table : model.tables()) {
      ASSERT_EQ(table->gradient.rows(), table->rows.size());
      for (std::size_t s = 0; s < table->rows.size(); ++s) {
        for (std::size_t c = 0; c < 3; ++c) {
          float& value = table->values(static_cast<std::size_t>(table->rows[s]), c);
          const float kept = value;
          value = kept + 0.5f;
          const double above = step.Loss(model);
          value = kept - 0.5f;
          const double below = step.Loss(model);
          value = kept;
          EXPECT_NEAR(table->gradient(s, c), above - below, 1e-4) << table->name << " " << s;
        }
      }
    }
  }
}

TEST(BprMf, AllWaysOfScoringAgree) {
  const BprMf model(5, 9, 7, 2);
  const Parallel parallel(2);
  const std::vector<std::int32_t> users{0, 1, 2, 3, 4}, items{0, 1, 2, 3, 4, 5, 6, 7, 8};
  Matrix<float> all(5, 9), one(1, 9), user_rows(5, 7), item_rows(9, 7);
  model.ScoreAllItems(users, all);
  model.Representations(Side::kUser, users, user_rows);
  model.Representations(Side::kItem, items, item_rows);
  for (std::size_t u = 0; u < 5; ++u) {
    model.ScoreAllItems(std::span(users).subspan(u, 1), one);
    std::vector<float> some(9);
    model.ScoreItems(users[u], items, some);
    for (std::size_t i = 0; i < 9; ++i) {
      double expected = 0.0;
      for (std::size_t c = 0; c < 7; ++c) {
        expected += static_cast<double>(user_rows(u, c)) * static_cast<double>(item_rows(i, c));
      }
      EXPECT_NEAR(all(u, i), expected, 1e-9);
      EXPECT_NEAR(one(0, i), expected, 1e-9);
      EXPECT_NEAR(some[i], expected, 1e-9);
    }
  }
}

TEST(BprMf, StartsFromSmallNormalNumbers) {
  const BprMf model(400, 300, 20, 3);
  double sum = 0.0, squares = 0.0;
  const auto elements = model.user_rows().elements();
  for (const float x : elements) {
    sum += static_cast<double>(x);
    squares += static_cast<double>(x) * static_cast<double>(x);
  }
  const auto n = static_cast<double>(elements.size());
  EXPECT_NEAR(sum / n, 0.0, 4 * 0.01 / std::sqrt(n));
  EXPECT_NEAR(std::sqrt(squares / n), 0.01, 0.0003);
  EXPECT_NE(model.user_rows()(0, 0), BprMf(400, 300, 20, 4).user_rows()(0, 0));
  EXPECT_EQ(model.user_rows()(7, 3), BprMf(20, 20, 20, 3).user_rows()(7, 3))
      << "a row depends on others";
}

ModelFile SmallFile() {
  ModelFile file;
  file.model = std::make_unique<BprMf>(2, 3, 4, 5);
  file.user_ids = Ids(std::vector<std::string>{"ann", "bob"});
  file.item_ids = Ids(std::vector<std::string>{"x", "y", "z"});
  file.config = {{"method", "none"}};
  return file;
}

TEST(ModelFile, ComesBackAsItWasWritten) {
  const TestFolder folder;
  ModelFile file = SmallFile();
  file.metrics = {{"HR@5", 0.25}};
  file.Write(folder / "model");
  const ModelFile back = ModelFile::Open(folder / "model");
  EXPECT_EQ(back.model->kind(), "bpr-mf");
  EXPECT_EQ(back.model->parameters(), 20u);
  EXPECT_EQ(back.user_ids, file.user_ids);
  EXPECT_EQ(back.item_ids, file.item_ids);
  EXPECT_TRUE(back.item_names.empty());
  EXPECT_EQ(back.config, file.config);
  EXPECT_EQ(back.metrics, file.metrics);
  const std::vector<std::int32_t> users{1};
  Matrix<float> a(1, 3), b(1, 3);
  file.model->ScoreAllItems(users, a);
  back.model->ScoreAllItems(users, b);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(a(0, i), b(0, i));
}

TEST(ModelFile, WhatDoesNotFitIsRefused) {
  const TestFolder folder;
  ModelFile file = SmallFile();
  file.item_ids = Ids(std::vector<std::string>{"x", "y"});
  file.Write(folder / "model");
  EXPECT_THROW(ModelFile::Open(folder / "model"), Error);

  SafetensorsWriter other("model");
  other.SetMetadata("derrd.version", "99");
  other.Write(folder / "newer");
  EXPECT_THROW(ModelFile::Open(folder / "newer"), Error);

  SafetensorsWriter unknown("model");
  unknown.SetMetadata("derrd.version", "1");
  unknown.SetMetadata("derrd.model", "oracle");
  unknown.Write(folder / "unknown");
  EXPECT_THROW(ModelFile::Open(folder / "unknown"), Error);
}

}  // namespace
}  // namespace derrd
