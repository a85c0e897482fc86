#include "derrd/train/dcd_term.h"

#include <algorithm>
#include <span>
#include <vector>

#include "derrd/core/error.h"
#include "derrd/eval/item_side.h"
#include "derrd/losses/dcd.h"
#include "derrd/losses/rrd.h"
#include "derrd/train/test_terms.h"

namespace derrd {
namespace {

using Indices = std::vector<std::int32_t>;

class DcdTest : public TermsTest {
 protected:
  Rankings UsersOfItems(std::size_t top) {
    return RankUnobservedUsers(teacher_, dataset_, top, parallel_);
  }
  DcdTerm Make(const DcdOptions& options) {
    return {dataset_, Ranking(options.top),
            options.item_weight > 0 ? UsersOfItems(options.top) : Rankings({}), options, 3};
  }

  // Of a list of corrections: half underestimated in the teacher's order, half overestimated.
  static void ExpectCorrections(std::span<const std::int32_t> order,
                                const std::vector<float>& scores, const Indices& list) {
    std::vector<std::int32_t> differences(order.size());
    RankDifferences(std::span<const float>(scores), std::span(differences));
    const std::size_t half = list.size() / 2;
    std::ptrdiff_t before = -1;
    for (std::size_t i = 0; i < list.size(); ++i) {
      const auto position = std::ranges::find(order, list[i]) - order.begin();
      ASSERT_LT(position, static_cast<std::ptrdiff_t>(order.size()));
      const std::int32_t difference = differences[static_cast<std::size_t>(position)];
      if (i < half) {
        EXPECT_GT(difference, 0);
        EXPECT_GT(position, before) << "not in the teacher's order";
        before = position;
      } else {
        EXPECT_LT(difference, 0);
      }
    }
  }
  double LossOf(const std::vector<float>& scores) {
    const std::size_t half = scores.size() / 2;
    std::vector<float> g(scores.size());
    const std::span<const float> all(scores);
    const std::span<float> gradients(g);
    return RrdLoss<float>(all.first(half), all.subspan(half), 1.0f, gradients.first(half),
                          gradients.subspan(half));
  }
  std::vector<float> Scores(const Indices& users, std::int32_t item) {
    std::vector<float> scores(users.size());
    for (std::size_t i = 0; i < users.size(); ++i) {
      student_.ScoreItems(users[i], {&item, 1}, {&scores[i], 1});
    }
    return scores;
  }
  std::vector<float> Scores(std::int32_t user, std::span<const std::int32_t> items) {
    std::vector<float> scores(items.size());
    student_.ScoreItems(user, items, scores);
    return scores;
  }
};

const DcdOptions kDcdTermOptions{1.0, 1.0, 3, 20, 10.0};

TEST_F(DcdTest, CorrectsWhatTheStudentRanksWronglyFromBothSides) {
  const Rankings of_users = Ranking(20);
  const auto of_items = UsersOfItems(20);
  DcdTerm term = Make(kDcdTermOptions);
  std::set<Indices> lists_of_one_user, lists_of_one_item;
  for (std::int32_t epoch = 0; epoch < 4; ++epoch) {
    const double loss = Step(term, epoch);
    const Batch& batch = batches_.Get(epoch, 0, parallel_);
    ASSERT_EQ(student_.asked.size(), batch.distinct_users.size());
    ASSERT_EQ(student_.paired_users.size(), batch.distinct_positives.size());
    double expected = 0.0;
    for (const auto& [user, items] : student_.asked) {
      ASSERT_EQ(items.size(), 6u);
      const auto order = of_users.Of(static_cast<std::size_t>(user));
      ExpectCorrections(order, Scores(user, order), items);
      expected += LossOf(Scores(user, items));
    }
    for (const auto& [item, users] : student_.paired_users) {
      ASSERT_EQ(users.size(), 6u);
      const auto of_item = of_items.Of(static_cast<std::size_t>(item));
      const Indices order(of_item.begin(), of_item.end());
      ExpectCorrections(order, Scores(order, item), users);
      expected += LossOf(Scores(users, item));
    }
    EXPECT_NEAR(loss / expected, 1.0, 1e-6);
    lists_of_one_user.insert(student_.asked.begin()->second);
    lists_of_one_item.insert(student_.paired_users.begin()->second);
  }
  EXPECT_GT(lists_of_one_user.size(), 1u) << "sampled once, not anew each epoch";
  EXPECT_GT(lists_of_one_item.size(), 1u) << "sampled once, not anew each epoch";
}

TEST_F(DcdTest, EachSideHasItsWeight) {
  Spread(50.0f);
  DcdOptions options = kDcdTermOptions;
  options.user_weight = 0.3;
  options.item_weight = 0.7;
  DcdTerm term = Make(options);
  const double loss = Step(term, 0);
  const Batch& batch = batches_.Get(0, 0, parallel_);
  const std::size_t of_users = 6 * batch.distinct_users.size();
  ASSERT_EQ(student_.pairs.size(), of_users + 6 * batch.distinct_positives.size());
  double expected = 0.0;
  std::vector<double> gradient(student_.pairs.size());
  for (std::size_t p = 0; p < gradient.size(); p += 6) {
    std::vector<double> scores;
    for (std::size_t i = p; i < p + 6; ++i) {
      scores.push_back(static_cast<double>(student_.pairs[i].score));
    }
    const std::span<const double> all(scores);
    const std::span<double> of_all = std::span(gradient).subspan(p, 6);
    expected += RrdLoss<double>(all.first(3), all.subspan(3), p < of_users ? 0.3 : 0.7,
                                of_all.first(3), of_all.subspan(3));
  }
  EXPECT_NEAR(loss / expected, 1.0, 1e-6);
  ExpectTableGradients(gradient);
}

TEST_F(DcdTest, TheItemsSideMayBeLeftOut) {
  DcdOptions options = kDcdTermOptions;
  options.item_weight = 0.0;
  DcdTerm term = Make(options);
  EXPECT_GT(Step(term, 0), 0.0);
  EXPECT_TRUE(student_.paired_users.empty());
  EXPECT_FALSE(student_.asked.empty());
}

TEST_F(DcdTest, TheWeightsScaleTheGradientAndNotTheReportedLoss) {
  DcdTerm one = Make(kDcdTermOptions);
  const double loss = Step(one, 0), norm = GradientNorm();
  DcdOptions options = kDcdTermOptions;
  options.user_weight = options.item_weight = 2.0;
  DcdTerm two = Make(options);
  EXPECT_NEAR(Step(two, 0) / loss, 1.0, 1e-6);
  EXPECT_NEAR(GradientNorm() / norm, 2.0, 1e-4);
}

TEST_F(DcdTest, TooFewForTheCorrectionsAreFoundBeforeTraining) {
  DcdOptions options = kDcdTermOptions;
  options.corrections = 21;
  EXPECT_THROW(Make(options), UsageError);
  options.corrections = 4;
  EXPECT_THROW(DcdTerm(dataset_, Ranking(20), UsersOfItems(3), options, 3), UsageError);
  EXPECT_THROW(DcdTerm(dataset_, Ranking(20), Rankings({}), options, 3), UsageError);
}

TEST_F(DcdTest, AStudentWhoseScoresAreNotFiniteIsAnError) {
  DcdTerm term = Make(kDcdTermOptions);
  student_.tables()[1]->values(static_cast<std::size_t>(Ranking(20).Of(0)[3]), 0) =
      std::numeric_limits<float>::quiet_NaN();
  EXPECT_THROW(term.BeginEpoch(0, student_, parallel_), Error);
}

}  // namespace
}  // namespace derrd
