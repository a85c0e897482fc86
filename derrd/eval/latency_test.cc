#include "derrd/eval/latency.h"

#include <gtest/gtest.h>

#include <chrono>
#include <limits>
#include <thread>

#include "derrd/core/error.h"
#include "derrd/eval/testdata/score_table.h"

namespace derrd {
namespace {

// A model that takes at least 200 microseconds to answer.
class SlowTable : public ScoreTable {
 public:
  using ScoreTable::ScoreTable;
  void ScoreAllItems(std::span<const std::int32_t> users, MatrixView<float> out) const override {
    std::this_thread::sleep_for(std::chrono::microseconds(200));
    ScoreTable::ScoreAllItems(users, out);
  }
};

TEST(MedianQueryMicroseconds, CountsTheModelsTime) {
  const auto train = RandomInteractions(7, 50, 10, 1);
  const SlowTable slow(Matrix<float>(7, 50));
  const double microseconds = MedianQueryMicroseconds(slow, train.view(), kIndices);
  EXPECT_GE(microseconds, 200.0);
  EXPECT_LT(microseconds, 1e5);
}

TEST(MedianQueryMicroseconds, BrokenScoresAreAnError) {
  const auto train = RandomInteractions(1, 5, 0, 1);
  ScoreTable model(Matrix<float>(1, 5));
  model.At(0, 2) = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THROW(MedianQueryMicroseconds(model, train.view(), kIndices), Error);
}

}  // namespace
}  // namespace derrd
