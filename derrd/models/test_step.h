// For tests: a step of a model whose loss is linear in scores and in representations, so that every
// gradient can be held to finite differences of the model's own answers.
#ifndef DERRD_MODELS_TEST_STEP_H_
#define DERRD_MODELS_TEST_STEP_H_

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "derrd/core/interactions.h"
#include "derrd/core/random.h"
#include "derrd/models/trainable_model.h"

namespace derrd {

// For models of at least 6 users and 8 items. User 0 and items 1, 2, 4 and 7 are not asked for.
struct TestStep {
  std::vector<std::int32_t> users{4, 1, 2, 5}, items{6, 0, 3, 5};
  std::vector<std::int32_t> list_users{4, 1, 4, 5}, list_items{6, 0, 3, 6, 6, 5};
  std::vector<std::int64_t> offsets{0, 3, 4, 6, 6};
  std::vector<std::int32_t> pair_users{1, 2, 2}, pair_items{5, 0, 6};
  std::vector<float> list_gradients{0.5f, -1.0f, 2.0f, 0.25f, -0.75f, 1.5f};
  std::vector<float> pair_gradients{-0.5f, 1.25f, 0.75f};
  std::vector<std::int32_t> direct_users{2, 4}, direct_items{3, 6};
  Matrix<float> user_gradients, item_gradients;
  std::uint32_t number = 3;

  explicit TestStep(const Model& model)
      : user_gradients(2, model.representation_width()),
        item_gradients(2, model.representation_width()) {
    RandomStream stream(5, Role::kTest, 0, 0);
    for (auto* gradients : {&user_gradients, &item_gradients}) {
      for (float& x : gradients->view().elements()) x = stream.Normal();
    }
  }
  ScoreLists lists() const { return {list_users, offsets, list_items}; }
  ScoreLists pairs() const { return {pair_users, {}, pair_items}; }

  double Loss(TrainableModel& model, const Parallel& parallel) const {
    model.SelectRows(users, items);
    model.Forward(number, parallel);
    double loss = 0.0;
    const auto add = [&](const float* gradients, const float* values, std::size_t n) {
      for (std::size_t i = 0; i < n; ++i) {
        loss += static_cast<double>(gradients[i]) * static_cast<double>(values[i]);
      }
    };
    std::vector<float> scores(list_items.size());
    model.Scores(lists(), scores, parallel);
    add(list_gradients.data(), scores.data(), scores.size());
    scores.resize(pair_items.size());
    model.Scores(pairs(), scores, parallel);
    add(pair_gradients.data(), scores.data(), scores.size());
    Matrix<float> rows(2, model.representation_width());
    model.Representations(Side::kUser, direct_users, rows);
    add(user_gradients.data(), rows.data(), rows.size());
    model.Representations(Side::kItem, direct_items, rows);
    add(item_gradients.data(), rows.data(), rows.size());
    return loss;
  }

  void Run(TrainableModel& model, const Parallel& parallel) const {
    Loss(model, parallel);
    model.AddScoreGradients(lists(), list_gradients);
    model.AddScoreGradients(pairs(), pair_gradients);
    model.AddRepresentationGradients(Side::kUser, direct_users, user_gradients);
    model.AddRepresentationGradients(Side::kItem, direct_items, item_gradients);
    model.Backward(parallel);
  }
};

// Every element of every parameter, also of the rows that are not of the step: those must change
// nothing.
inline void ExpectStepGradients(TrainableModel& model, const Parallel& parallel, float step = 0.02f,
                                double tolerance = 2e-3) {
  const TestStep test(model);
  test.Run(model, parallel);
  const auto expect = [&](float& value, float gradient, const std::string& what) {
    const float kept = value;
    value = kept + step;
    const double above = test.Loss(model, parallel);
    value = kept - step;
    const double below = test.Loss(model, parallel);
    value = kept;
    const double numeric = (above - below) / (2 * static_cast<double>(step));
    EXPECT_NEAR(static_cast<double>(gradient), numeric, tolerance * (1 + std::abs(numeric)))
        << what;
  };
  for (EmbeddingTable* table : model.tables()) {
    const Matrix<float> gradient = table->gradient;
    const std::vector<std::int32_t> rows = table->rows;
    ASSERT_EQ(gradient.rows(), rows.size()) << table->name;
    for (std::size_t r = 0; r < table->values.rows(); ++r) {
      const auto slot = std::ranges::find(rows, static_cast<std::int32_t>(r)) - rows.begin();
      const auto s = static_cast<std::size_t>(slot);
      for (std::size_t c = 0; c < table->values.cols(); ++c) {
        expect(table->values(r, c), s < rows.size() ? gradient(s, c) : 0.0f,
               fmt::format("{} {} {}", table->name, r, c));
      }
    }
  }
  for (DenseParameter* parameter : model.dense_parameters()) {
    const Matrix<float> gradient = parameter->gradient;
    for (std::size_t i = 0; i < gradient.size(); ++i) {
      expect(parameter->values.data()[i], gradient.data()[i],
             fmt::format("{} {}", parameter->name, i));
    }
  }
}

// The gradients of a step are the same, bit for bit.
inline void ExpectSameGradients(TrainableModel& a, TrainableModel& b) {
  for (std::size_t t = 0; t < a.tables().size(); ++t) {
    EXPECT_TRUE(std::ranges::equal(a.tables()[t]->gradient.view().elements(),
                                   b.tables()[t]->gradient.view().elements()))
        << a.tables()[t]->name;
  }
  for (std::size_t p = 0; p < a.dense_parameters().size(); ++p) {
    EXPECT_TRUE(std::ranges::equal(a.dense_parameters()[p]->gradient.view().elements(),
                                   b.dense_parameters()[p]->gradient.view().elements()))
        << a.dense_parameters()[p]->name;
  }
}

// Scales what a model starts from, so that it answers far from where everything is linear.
inline void ScaleParameters(TrainableModel& model, float scale) {
  for (EmbeddingTable* table : model.tables()) {
    for (float& x : table->values.view().elements()) x *= scale;
  }
}

// All items' scores agree with those of single items and of single users.
inline void ExpectAllWaysOfScoringAgree(const Model& model) {
  std::vector<std::int32_t> users(model.users()), items(model.items());
  for (std::size_t u = 0; u < users.size(); ++u) users[u] = static_cast<std::int32_t>(u);
  for (std::size_t i = 0; i < items.size(); ++i) items[i] = static_cast<std::int32_t>(i);
  Matrix<float> all(users.size(), items.size()), one(1, items.size());
  model.ScoreAllItems(users, all);
  std::vector<float> some(items.size());
  for (std::size_t u = 0; u < users.size(); ++u) {
    model.ScoreAllItems(std::span(users).subspan(u, 1), one);
    model.ScoreItems(users[u], items, some);
    for (std::size_t i = 0; i < items.size(); ++i) {
      EXPECT_NEAR(all(u, i), some[i], 1e-5);
      EXPECT_NEAR(one(0, i), some[i], 1e-5);
    }
  }
}

// Random interactions, 0 to 6 a user.
inline OwnedInteractions RandomLists(std::size_t users, std::size_t items) {
  OwnedInteractions lists;
  for (std::size_t u = 0; u < users; ++u) {
    RandomStream stream(8, Role::kTest, items, u);
    const float chance = static_cast<float>(u % 7) / static_cast<float>(items);
    for (std::size_t i = 0; i < items; ++i) {
      if (stream.Uniform() < chance) lists.items.push_back(static_cast<std::int32_t>(i));
    }
    lists.offsets.push_back(static_cast<std::int64_t>(lists.items.size()));
  }
  return lists;
}

}  // namespace derrd

#endif  // DERRD_MODELS_TEST_STEP_H_
