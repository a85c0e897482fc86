// For tests: reads the reference values that testdata/make_references.py has written.
#ifndef DERRD_MODELS_TEST_REFERENCE_H_
#define DERRD_MODELS_TEST_REFERENCE_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include "derrd/core/interactions.h"
#include "derrd/core/safetensors.h"
#include "derrd/models/trainable_model.h"

namespace derrd {

class TestReference {
 public:
  explicit TestReference(const std::string& name)
      : file_(std::string(DERRD_SOURCES "/models/testdata/") + name + "_reference.safetensors") {}

  MatrixView<const double> Values(const std::string& name) const {
    return file_.MatrixOf<double>(name);
  }
  // The interactions, from a matrix of zeros and ones.
  OwnedInteractions Lists() const {
    const auto matrix = Values("interactions");
    OwnedInteractions lists;
    for (std::size_t u = 0; u < matrix.rows(); ++u) {
      for (std::size_t i = 0; i < matrix.cols(); ++i) {
        if (matrix(u, i) != 0.0) lists.items.push_back(static_cast<std::int32_t>(i));
      }
      lists.offsets.push_back(static_cast<std::int64_t>(lists.items.size()));
    }
    return lists;
  }
  void Load(TrainableModel& model) const {
    for (EmbeddingTable* table : model.tables()) Fill(table->name, table->values);
    for (DenseParameter* parameter : model.dense_parameters()) {
      Fill(parameter->name, parameter->values);
    }
  }
  // To 1e-5 of the largest, or of 1.
  void Expect(const std::string& name, MatrixView<const float> found) const {
    const auto expected = Values(name);
    ASSERT_EQ(found.rows(), expected.rows()) << name;
    ASSERT_EQ(found.cols(), expected.cols()) << name;
    double largest = 1.0;
    for (const double x : expected.elements()) largest = std::max(largest, std::abs(x));
    for (std::size_t i = 0; i < expected.size(); ++i) {
      EXPECT_NEAR(static_cast<double>(found.data()[i]) / largest, expected.data()[i] / largest,
                  1e-5)
          << name << " " << i;
    }
  }
  // Scores of every pair, and the gradients of sum(weights * scores) by way of a step.
  void ExpectScoresAndGradients(TrainableModel& model, const Parallel& parallel) const {
    std::vector<std::int32_t> users(model.users()), items(model.items());
    std::iota(users.begin(), users.end(), 0);
    std::iota(items.begin(), items.end(), 0);
    Matrix<float> scores(users.size(), items.size());
    model.Refresh(parallel);
    model.ScoreAllItems(users, scores);
    Expect("scores", scores);

    std::vector<std::int64_t> offsets;
    std::vector<std::int32_t> all;
    for (std::size_t u = 0; u <= users.size(); ++u) {
      offsets.push_back(static_cast<std::int64_t>(u * items.size()));
      if (u < users.size()) all.insert(all.end(), items.begin(), items.end());
    }
    const auto weights = Values("weights").elements();
    const std::vector<float> gradients(weights.begin(), weights.end());
    const ScoreLists lists{users, offsets, all};
    model.SelectRows(users, items);
    model.Forward(0, parallel);
    model.Scores(lists, scores.view().elements(), parallel);
    Expect("scores", scores);
    model.AddScoreGradients(lists, gradients);
    model.Backward(parallel);
    for (EmbeddingTable* table : model.tables()) {
      Matrix<float> whole(table->values.rows(), table->values.cols());
      for (std::size_t s = 0; s < table->rows.size(); ++s) {
        std::copy_n(table->gradient.row(s), whole.cols(),
                    whole.row(static_cast<std::size_t>(table->rows[s])));
      }
      Expect("gradient." + table->name, whole);
    }
    for (DenseParameter* parameter : model.dense_parameters()) {
      Expect("gradient." + parameter->name, parameter->gradient);
    }
  }

 private:
  void Fill(const std::string& name, MatrixView<float> to) const {
    const auto from = Values(name);
    ASSERT_EQ(from.rows(), to.rows()) << name;
    ASSERT_EQ(from.cols(), to.cols()) << name;
    for (std::size_t i = 0; i < from.size(); ++i) to.data()[i] = static_cast<float>(from.data()[i]);
  }

  SafetensorsFile file_;
};

}  // namespace derrd

#endif  // DERRD_MODELS_TEST_REFERENCE_H_
