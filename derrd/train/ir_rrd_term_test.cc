#include "derrd/train/ir_rrd_term.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "derrd/core/error.h"
#include "derrd/core/test_errors.h"
#include "derrd/eval/item_side.h"
#include "derrd/losses/rrd.h"
#include "derrd/train/test_terms.h"

namespace derrd {
namespace {

using testing::HasSubstr;

class IrRrdTermTest : public TermsTest {
 protected:
  IrRrdTermTest() : rrd_(dataset_, Ranking(20), {1.0, 3, 2, 20, 4.0, true}, 3) { Spread(150.0f); }

  Rankings ItemRanking(std::size_t top) {
    return RankUnobservedUsers(teacher_, dataset_, top, parallel_);
  }
  // The distinct items of the last step with their users, as they were asked for.
  std::map<std::int32_t, std::vector<std::int32_t>> UsersByItem() const {
    std::map<std::int32_t, std::vector<std::int32_t>> users;
    for (const auto& pair : student_.pairs) users[pair.item].push_back(pair.user);
    return users;
  }

  RrdTerm rrd_;
};

TEST_F(IrRrdTermTest, AsksForUsersOfTheItemsThatTheBatchsUsersCompare) {
  IrRrdTerm term(dataset_, ItemRanking(12), rrd_, {1.0, 4, 5, 12, 4.0, true}, 3);
  const Rankings rankings = ItemRanking(12);
  std::set<std::vector<std::int32_t>> lists_of_one_item;
  for (std::int32_t epoch = 0; epoch < 5; ++epoch) {
    Step(term, epoch, {&rrd_});
    std::set<std::int32_t> compared;
    for (const std::int32_t user : batches_.Get(epoch, 0, parallel_).distinct_users) {
      compared.insert(rrd_.ItemsOf(user).begin(), rrd_.ItemsOf(user).end());
    }
    const auto lists = UsersByItem();
    ASSERT_EQ(lists.size(), compared.size());
    for (const auto& [item, users] : lists) {
      EXPECT_TRUE(compared.contains(item));
      ASSERT_EQ(users.size(), 9u) << "an item counts once";
      EXPECT_EQ(std::set(users.begin(), users.end()).size(), 9u) << "a duplicate";
      const auto ranking = rankings.Of(static_cast<std::size_t>(item));
      std::ptrdiff_t before = -1;
      for (std::size_t i = 0; i < users.size(); ++i) {
        const auto train = dataset_.train().Of(static_cast<std::size_t>(users[i]));
        EXPECT_FALSE(std::ranges::binary_search(train, item)) << "observed";
        const auto position = std::ranges::find(ranking, users[i]) - ranking.begin();
        if (i < 4) {
          EXPECT_LT(position, 12);
          EXPECT_GT(position, before) << "not in the teacher's order";
          before = position;
        } else {
          EXPECT_EQ(position, 12) << "an uninteresting user from the top";
        }
      }
    }
    if (lists.contains(7)) lists_of_one_item.insert(lists.at(7));
  }
  EXPECT_GT(lists_of_one_item.size(), 1u) << "sampled once, not anew each epoch";
}

TEST_F(IrRrdTermTest, IsTheRelaxedRankingLossOfEveryItem) {
  const RelaxedListOptions options{.weight = 0.3, .interesting = 4, .uninteresting = 5, .top = 12};
  IrRrdTerm term(dataset_, ItemRanking(12), rrd_, options, 3);
  const double loss = Step(term, 0, {&rrd_});
  double expected = 0.0;
  std::vector<double> gradient(student_.pairs.size());
  ASSERT_EQ(gradient.size() % 9, 0u);
  for (std::size_t p = 0; p < gradient.size(); p += 9) {
    std::vector<double> scores;
    for (std::size_t i = p; i < p + 9; ++i) {
      EXPECT_EQ(student_.pairs[i].item, student_.pairs[p].item);
      scores.push_back(static_cast<double>(student_.pairs[i].score));
    }
    const std::span<const double> all(scores);
    const std::span<double> of_all = std::span(gradient).subspan(p, 9);
    expected +=
        RrdLoss<double>(all.first(4), all.subspan(4), 0.3, of_all.first(4), of_all.subspan(4));
  }
  EXPECT_NEAR(loss / expected, 1.0, 1e-6);
  ExpectTableGradients(gradient);
}

TEST_F(IrRrdTermTest, OneInterestingAndNoUninterestingUserTeachNothing) {
  IrRrdTerm term(dataset_, ItemRanking(12), rrd_, {1.0, 1, 0, 12, 4.0, true}, 3);
  EXPECT_EQ(Step(term, 0, {&rrd_}), 0.0);
  EXPECT_EQ(GradientNorm(), 0.0);
}

TEST_F(IrRrdTermTest, WithoutSamplingTakesTheTopAsItIs) {
  IrRrdTerm term(dataset_, ItemRanking(12), rrd_, {1.0, 4, 5, 12, 4.0, false}, 3);
  Step(term, 0, {&rrd_});
  const Rankings rankings = ItemRanking(4);
  for (const auto& [item, users] : UsersByItem()) {
    EXPECT_TRUE(
        std::ranges::equal(rankings.Of(static_cast<std::size_t>(item)), std::span(users).first(4)));
  }
}

TEST_F(IrRrdTermTest, TheSameAtAnyNumberOfThreads) {
  const RelaxedListOptions options{.weight = 5e-4, .interesting = 4, .uninteresting = 5, .top = 12};
  IrRrdTerm term(dataset_, ItemRanking(12), rrd_, options, 3);
  const double loss = Step(term, 1, {&rrd_});
  for (const int threads : {1, 3, 8}) {
    const Parallel parallel(threads);
    IrRrdTerm again(dataset_, ItemRanking(12), rrd_, options, 3);
    again.BeginEpoch(1, student_, parallel);
    const Batch& batch = batches_.Get(1, 0, parallel);
    again.SelectRows(batch, users_, items_);
    EXPECT_EQ(again.Step(batch, student_, parallel), loss);
  }
}

TEST_F(IrRrdTermTest, TooFewUsersForKOrLAreFoundBeforeTraining) {
  EXPECT_THROW(IrRrdTerm(dataset_, ItemRanking(12), rrd_, {1.0, 13, 1, 12, 4.0, true}, 3),
               UsageError);
  EXPECT_THAT(MessageOf<UsageError>([&] {
                IrRrdTerm(dataset_, ItemRanking(12), rrd_, {1.0, 4, 29, 12, 4.0, true}, 3);
              }),
              testing::AllOf(HasSubstr("--ir-uninteresting 29: item 'i"), HasSubstr("--ir-top")));
}

}  // namespace
}  // namespace derrd
