// For tests: a small data set with a teacher and a student, and one step of a term around them.
#ifndef DERRD_TRAIN_TEST_TERMS_H_
#define DERRD_TRAIN_TEST_TERMS_H_

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <vector>

#include "derrd/eval/rankings.h"
#include "derrd/models/bpr_mf.h"
#include "derrd/train/term.h"
#include "derrd/train/test_dataset.h"

namespace derrd {

// A student that records what it was asked to score.
class RecordingStudent : public BprMf {
 public:
  using BprMf::BprMf;
  void Scores(const ScoreLists& lists, std::span<float> out, const Parallel& parallel) override {
    BprMf::Scores(lists, out, parallel);
    for (std::size_t l = 0; l < lists.lists(); ++l) {
      if (lists.are_pairs()) {
        pairs[lists.items[l]].push_back(lists.users[l]);
        continue;
      }
      const auto items = lists.items.subspan(lists.begin(l), lists.begin(l + 1) - lists.begin(l));
      asked[lists.users[l]] = {items.begin(), items.end()};
    }
  }
  std::map<std::int32_t, std::vector<std::int32_t>> asked;  // a user's list
  std::map<std::int32_t, std::vector<std::int32_t>> pairs;  // an item's users, of lists of pairs
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
    student_.pairs.clear();
    const double loss = term.Step(batch, student_, parallel_);
    student_.Backward(parallel_);
    return loss;
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
