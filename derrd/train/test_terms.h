// For tests of terms: a small data set, a teacher, a student that tells what it was asked, and a
// step.
#ifndef DERRD_TRAIN_TEST_TERMS_H_
#define DERRD_TRAIN_TEST_TERMS_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <map>
#include <utility>
#include <vector>

#include "derrd/core/matrix.h"
#include "derrd/eval/rankings.h"
#include "derrd/models/bpr_mf.h"
#include "derrd/train/batch.h"
#include "derrd/train/term.h"
#include "derrd/train/test_dataset.h"

namespace derrd {

// A student that records which lists it was asked to score, and the answers.
class RecordingStudent : public BprMf {
 public:
  struct Pair {
    std::int32_t user, item;
    float score;
  };

  using BprMf::BprMf;
  void Scores(const ScoreLists& lists, std::span<float> out, const Parallel& parallel) override {
    BprMf::Scores(lists, out, parallel);
    for (std::size_t l = 0; l < lists.lists(); ++l) {
      const auto items = lists.items.subspan(lists.begin(l), lists.begin(l + 1) - lists.begin(l));
      if (!lists.are_pairs()) asked[lists.users[l]] = {items.begin(), items.end()};
      for (std::size_t i = lists.begin(l); i < lists.begin(l + 1); ++i) {
        pairs.push_back({lists.users[l], lists.items[i], out[i]});
        if (lists.are_pairs()) paired_users[lists.items[i]].push_back(lists.users[l]);
      }
    }
  }
  std::map<std::int32_t, std::vector<std::int32_t>> asked;  // the last list of a user, pairs apart
  std::vector<Pair> pairs;                                  // all, in the order of asking
  std::map<std::int32_t, std::vector<std::int32_t>> paired_users;  // an item's, of lists of pairs
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

  // A step of `term` in the first batch of an epoch; `parts` are terms that it builds on.
  double Step(Term& term, std::int32_t epoch, std::initializer_list<Term*> parts = {}) {
    for (Term* part : parts) part->BeginEpoch(epoch, student_, parallel_);
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
    student_.pairs.clear();
    student_.paired_users.clear();
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
  // Expects the gradient of the tables to be what `of_pairs`, d(loss)/d(score) of each of the
  // student's recorded pairs, comes to.
  void ExpectTableGradients(std::span<const double> of_pairs) {
    ASSERT_EQ(of_pairs.size(), student_.pairs.size());
    const std::size_t width = student_.representation_width();
    Matrix<double> users(dataset_.users(), width), items(dataset_.items(), width);
    for (std::size_t p = 0; p < of_pairs.size(); ++p) {
      const auto u = static_cast<std::size_t>(student_.pairs[p].user);
      const auto i = static_cast<std::size_t>(student_.pairs[p].item);
      for (std::size_t c = 0; c < width; ++c) {
        users(u, c) += of_pairs[p] * static_cast<double>(student_.item_rows()(i, c));
        items(i, c) += of_pairs[p] * static_cast<double>(student_.user_rows()(u, c));
      }
    }
    ExpectTableGradients(users, items, 1e-5);
  }
  // The same, of what the gradient of each user's and of each item's row should be.
  void ExpectTableGradients(const Matrix<double>& users, const Matrix<double>& items,
                            double tolerance) {
    for (const auto& [table, expected] :
         {std::pair(student_.tables()[0], &users), std::pair(student_.tables()[1], &items)}) {
      for (std::size_t slot = 0; slot < table->rows.size(); ++slot) {
        const auto row = static_cast<std::size_t>(table->rows[slot]);
        for (std::size_t c = 0; c < expected->cols(); ++c) {
          EXPECT_NEAR(table->gradient(slot, c), (*expected)(row, c), tolerance) << table->name;
        }
      }
    }
  }
  // Expects `loss` to be the sum of the losses of the users' lists that the student was asked for,
  // and the gradient of the tables to be theirs. of_list(user, scores, gradient) returns one and
  // writes the other.
  template <typename OfList>
  void ExpectSumOverLists(double loss, const OfList& of_list) {
    std::vector<double> scores, gradient(student_.pairs.size());
    for (const auto& pair : student_.pairs) scores.push_back(static_cast<double>(pair.score));
    double expected = 0.0;
    for (std::size_t begin = 0; begin < scores.size();) {
      const std::int32_t user = student_.pairs[begin].user;
      const std::size_t size = student_.asked.at(user).size();
      expected += of_list(user, std::span<const double>(scores).subspan(begin, size),
                          std::span(gradient).subspan(begin, size));
      begin += size;
    }
    EXPECT_NEAR(loss / expected, 1.0, 1e-6);
    ExpectTableGradients(gradient);
  }
  // As if it had been trained: scores that differ.
  void Spread(float factor) {
    for (EmbeddingTable* table : student_.tables()) {
      for (float& x : table->values.view().elements()) x *= factor;
    }
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
