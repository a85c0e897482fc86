// For tests of terms: a student, its teacher, a small data set, and a step.
#ifndef DERRD_TRAIN_TEST_TERMS_H_
#define DERRD_TRAIN_TEST_TERMS_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include "derrd/eval/rankings.h"
#include "derrd/models/bpr_mf.h"
#include "derrd/train/batch.h"
#include "derrd/train/term.h"
#include "derrd/train/test_dataset.h"

namespace derrd {

// A student that records which lists it was asked to score.
class RecordingStudent : public BprMf {
 public:
  using BprMf::BprMf;
  void Scores(const ScoreLists& lists, std::span<float> out, const Parallel& parallel) override {
    BprMf::Scores(lists, out, parallel);
    for (std::size_t l = 0; l < lists.lists(); ++l) {
      const auto items = lists.items.subspan(lists.begin(l), lists.begin(l + 1) - lists.begin(l));
      asked[lists.users[l]] = {items.begin(), items.end()};
    }
  }
  std::map<std::int32_t, std::vector<std::int32_t>> asked;
};

class TermsTest : public testing::Test {
 protected:
  TermsTest()
      : dataset_(SmallDataset(folder_)),
        teacher_(dataset_.users(), dataset_.items(), 6, 11),
        student_(dataset_.users(), dataset_.items(), 3, 12),
        batches_(dataset_, 90, 1),
        users_(dataset_.users()),
        items_(dataset_.items()) {}

  double Step(Term& term, std::int32_t epoch) {
    term.BeginEpoch(epoch, student_, parallel_);
    const Batch& batch = batches_.Get(epoch, 0, parallel_);
    users_.Clear();
    items_.Clear();
    users_.Add(batch.distinct_users);
    items_.Add(batch.distinct_positives);
    items_.Add(batch.distinct_negatives);
    term.SelectRows(batch, users_, items_);
    student_.SelectRows(users_.members(), items_.members());
    student_.asked.clear();
    const double loss = term.Step(batch, student_, parallel_);
    student_.Backward(parallel_);
    return loss;
  }
  // What the last Step asked of an entity's representation.
  std::vector<float> GradientOf(Side side, std::int32_t entity) {
    const EmbeddingTable& table = *student_.tables()[side == Side::kUser ? 0 : 1];
    const auto slot = std::ranges::find(table.rows, entity) - table.rows.begin();
    const float* row = table.gradient.row(static_cast<std::size_t>(slot));
    return {row, row + table.gradient.cols()};
  }
  double GradientNorm() {
    double sum = 0.0;
    for (EmbeddingTable* table : student_.tables()) {
      for (const float g : table->gradient.view().elements()) {
        sum += static_cast<double>(g) * static_cast<double>(g);
      }
    }
    return std::sqrt(sum);
  }
  // Two terms that differ in their weight alone: 1/2 and 1.
  void ExpectTheWeightScalesTheGradientAlone(Term& half, Term& whole) {
    const double loss = Step(half, 0);
    const double norm = GradientNorm();
    EXPECT_GT(norm, 0.0);
    EXPECT_NEAR(Step(whole, 0) / loss, 1.0, 1e-6);
    EXPECT_NEAR(GradientNorm() / norm, 2.0, 1e-4);
  }
  Rankings Ranking(std::size_t top) { return RankUnobserved(teacher_, dataset_, top, parallel_); }

  TestFolder folder_;
  Dataset dataset_;
  Parallel parallel_{2};
  BprMf teacher_;
  RecordingStudent student_;
  BatchSampler batches_;
  EntitySet users_, items_;
};

}  // namespace derrd

#endif  // DERRD_TRAIN_TEST_TERMS_H_
