#include "derrd/eval/as_unknown.h"

#include <gtest/gtest.h>

#include <vector>

#include "derrd/core/random.h"
#include "derrd/eval/test_score_table.h"
#include "derrd/models/factors.h"

namespace derrd {
namespace {

Matrix<float> UnknownRows(std::size_t rows, std::uint64_t seed) {
  Matrix<float> table(rows, 3);
  RandomStream random(seed, Role::kTest, 0, 0);
  for (float& x : table.view().elements()) x = random.Normal();
  return table;
}

// Every way of asking gives what the model itself says of somebody new with the same items.
void ExpectAnswersOfSomebodyNew(const Model& model, const Interactions& train) {
  const auto unknown = AsUnknown(model, train, Parallel(2));
  ASSERT_EQ(unknown->users(), model.users());
  ASSERT_EQ(unknown->items(), model.items());
  std::vector<float> expected(model.items()), some(2);
  Matrix<float> all(1, model.items());
  const std::vector<std::int32_t> chosen{4, 1};
  for (std::int32_t user = 0; user < static_cast<std::int32_t>(model.users()); ++user) {
    const auto liked = train.Of(static_cast<std::size_t>(user));
    std::ranges::fill(expected, 0.0f);
    if (!liked.empty()) model.ScoreAllItemsForLiked(liked, expected);
    unknown->ScoreAllItems({&user, 1}, all);
    unknown->ScoreItems(user, chosen, some);
    for (std::size_t i = 0; i < model.items(); ++i) EXPECT_FLOAT_EQ(all(0, i), expected[i]);
    EXPECT_FLOAT_EQ(some[0], expected[4]);
    EXPECT_FLOAT_EQ(some[1], expected[1]);
  }
}

TEST(AsUnknown, FactorsAndOtherModels) {
  OwnedInteractions train = RandomInteractions(5, 9, 4, 6);
  train.offsets.push_back(train.offsets.back());  // somebody without any
  ExpectAnswersOfSomebodyNew(StoredFactors("bpr-mf", UnknownRows(6, 1), UnknownRows(9, 2)),
                             train.view());
  ExpectAnswersOfSomebodyNew(ScoreTable::WithTies(9, 9, 1), [] {
    static const OwnedInteractions more = RandomInteractions(9, 9, 4, 7);
    return more.view();
  }());
}

}  // namespace
}  // namespace derrd
