#include "derrd/train/rce_kd_term.h"

#include <algorithm>
#include <set>
#include <span>
#include <vector>

#include "derrd/core/error.h"
#include "derrd/losses/rce_kd.h"
#include "derrd/train/test_terms.h"

namespace derrd {
namespace {

using Indices = std::vector<std::int32_t>;

class RceKdTest : public TermsTest {
 protected:
  Rankings TopOf(const Model& model, std::size_t top) {
    return RankAllItems(model, {dataset_.user_ids(), dataset_.item_ids()}, top, parallel_);
  }
  RceKdTerm Make(const RceKdOptions& options) {
    return {dataset_, teacher_, TopOf(teacher_, options.top), options, 3};
  }
};

const RceKdOptions kRceKdTermOptions{1.0, 8, 7, 20, 10.0, 3.0, 1.0};

TEST_F(RceKdTest, AsksForTheStudentsTopADrawFromItAndTheRestOfTheTeachers) {
  const Rankings wanted = TopOf(teacher_, 8);
  RceKdTerm term = Make(kRceKdTermOptions);
  std::set<Indices> draws_of_one_user;
  for (std::int32_t epoch = 0; epoch < 4; ++epoch) {
    const double loss = Step(term, epoch);
    const Rankings pool = TopOf(student_, 20);
    const Batch& batch = batches_.Get(epoch, 0, parallel_);
    ASSERT_EQ(student_.asked.size(), batch.distinct_users.size());
    double expected = 0.0;
    for (const auto& [user, items] : student_.asked) {
      const auto u = static_cast<std::size_t>(user);
      const std::span<const std::int32_t> list(items), top = list.first(8), drawn = list.subspan(8);
      EXPECT_TRUE(std::ranges::equal(top, pool.Of(u).first(8)));
      std::set<std::int32_t> seen(drawn.begin(), drawn.end());
      EXPECT_EQ(seen.size(), drawn.size()) << "a duplicate";
      for (const std::int32_t item : drawn.first(7)) {
        EXPECT_NE(std::ranges::find(pool.Of(u), item), pool.Of(u).end());
      }
      // The teacher's top is covered by the two lists, without overlap but for what is drawn.
      double overlap = 0.0;
      std::set<std::int32_t> left;
      for (const std::int32_t item : wanted.Of(u)) {
        if (std::ranges::find(drawn.first(7), item) != drawn.first(7).end()) {
          overlap += 1.0 / 8;
        } else if (std::ranges::find(top, item) == top.end()) {
          left.insert(item);
        }
      }
      EXPECT_EQ(std::set(drawn.begin() + 7, drawn.end()), left);
      std::vector<float> scores(list.size()), teachers(list.size()), g(list.size());
      student_.ScoreItems(user, list, scores);
      teacher_.ScoreItems(user, list, teachers);
      const auto count = static_cast<double>(std::ranges::count(batch.users, user));
      expected += count * RceKdLoss<float>({std::span<const float>(scores).first(8),
                                            std::span<const float>(teachers).first(8)},
                                           {std::span<const float>(scores).subspan(8),
                                            std::span<const float>(teachers).subspan(8)},
                                           {overlap, 3.0, 1.0}, 1.0f, std::span(g).first(8),
                                           std::span(g).subspan(8));
    }
    EXPECT_NEAR(loss / expected, 1.0, 1e-6);
    const Indices& first = student_.asked.begin()->second;
    draws_of_one_user.insert({first.begin() + 8, first.begin() + 15});
  }
  EXPECT_GT(draws_of_one_user.size(), 1u) << "drawn once, not anew each epoch";
}

TEST_F(RceKdTest, IsTheLossOfEveryInteractionsUser) {
  Spread(50.0f);
  RceKdOptions options = kRceKdTermOptions;
  options.weight = 0.3;
  options.temperature = 0.7;
  RceKdTerm term = Make(options);
  const double loss = Step(term, 0);
  const Rankings wanted = TopOf(teacher_, 8);
  const Batch& batch = batches_.Get(0, 0, parallel_);
  ASSERT_LT(batch.distinct_users.size(), batch.users.size());
  ExpectSumOverLists(loss, [&](std::int32_t user, std::span<const double> scores,
                               std::span<double> gradient) {
    const Indices& items = student_.asked.at(user);
    std::vector<float> of_teacher(items.size());
    teacher_.ScoreItems(user, items, of_teacher);
    const std::vector<double> teachers(of_teacher.begin(), of_teacher.end());
    const auto drawn = std::span(items).subspan(8, 7);
    const auto overlap = std::ranges::count_if(
        wanted.Of(static_cast<std::size_t>(user)),
        [&](std::int32_t item) { return std::ranges::find(drawn, item) != drawn.end(); });
    const std::span<const double> all(teachers);
    const double of_one = RceKdLoss<double>(
        {scores.first(8), all.first(8)}, {scores.subspan(8), all.subspan(8)},
        {static_cast<double>(overlap) / 8, 3.0, 0.7}, 1.0, gradient.first(8), gradient.subspan(8));
    const auto count = static_cast<double>(std::ranges::count(batch.users, user));
    for (double& g : gradient) g *= 0.3 * count;
    return count * of_one;
  });
}

TEST_F(RceKdTest, DrawsFromAboveTheTeachersItems) {
  // All of the teacher's top lies in the first half of the student's: with a low temperature none
  // is drawn from the other half.
  RceKdOptions options = kRceKdTermOptions;
  options.sampling_temperature = 0.02;
  const Rankings pool = TopOf(student_, 20);
  Matrix<std::int32_t> top(dataset_.users(), 8);
  for (std::size_t u = 0; u < dataset_.users(); ++u) {
    std::copy_n(pool.Of(u).begin() + 2, 8, top.row(u));
  }
  RceKdTerm term(dataset_, teacher_, Rankings(std::move(top)), options, 3);
  Step(term, 0);
  for (const auto& [user, items] : student_.asked) {
    const auto order = pool.Of(static_cast<std::size_t>(user));
    for (std::size_t i = 8; i < 15; ++i) {
      EXPECT_LT(std::ranges::find(order, items[i]) - order.begin(), 9);
    }
  }
}

TEST_F(RceKdTest, TheWeightScalesTheGradientAndNotTheReportedLoss) {
  RceKdTerm one = Make(kRceKdTermOptions);
  const double loss = Step(one, 0), norm = GradientNorm();
  RceKdOptions options = kRceKdTermOptions;
  options.weight = 2.0;
  RceKdTerm two = Make(options);
  EXPECT_NEAR(Step(two, 0) / loss, 1.0, 1e-6);
  EXPECT_NEAR(GradientNorm() / norm, 2.0, 1e-4);
}

TEST_F(RceKdTest, ImpossibleLengthsAreFoundBeforeTraining) {
  RceKdOptions options = kRceKdTermOptions;
  options.pool = 61;  // of 60 items
  EXPECT_THROW(Make(options), UsageError);
  options.pool = 7;
  EXPECT_THROW(Make(options), UsageError);
  options = kRceKdTermOptions;
  options.drawn = 21;
  EXPECT_THROW(Make(options), UsageError);
  EXPECT_THROW(RceKdTerm(dataset_, teacher_, TopOf(teacher_, 7), kRceKdTermOptions, 3), UsageError);
}

}  // namespace
}  // namespace derrd
