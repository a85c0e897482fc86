#include "derrd/train/cd_term.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <vector>

#include "derrd/core/error.h"
#include "derrd/core/test_errors.h"
#include "derrd/train/test_terms.h"

namespace derrd {
namespace {

using testing::HasSubstr;

class CdTermTest : public TermsTest {
 protected:
  CdTermTest() { Spread(150.0f); }

  CdTerm Make(const CdOptions& options, std::uint64_t seed = 3) {
    if (options.guide == CdGuide::kStudent) return {dataset_, teacher_, {}, options, seed};
    return {dataset_, teacher_,
            RankUpTo(teacher_, dataset_.train(), options.top, NamesOf(dataset_), parallel_),
            options, seed};
  }
};

TEST(BetterOfTwo, IsTheChanceOfTheBetterOfTwoDraws) {
  for (const std::size_t length : {1, 2, 9}) {
    for (const double decay : {0.0, 0.05, 3.0}) {
      std::vector<double> p(length);
      for (std::size_t k = 0; k < length; ++k) {
        p[k] = std::exp(-decay * static_cast<double>(k + 1) / static_cast<double>(length));
      }
      const double sum = std::accumulate(p.begin(), p.end(), 0.0);
      std::vector<double> better(length, 0.0);
      for (std::size_t a = 0; a < length; ++a) {
        for (std::size_t b = 0; b < length; ++b) better[std::min(a, b)] += p[a] * p[b] / sum / sum;
      }
      const auto log_weights = BetterOfTwoLogWeights(length, decay / static_cast<double>(length));
      double total = 0.0;
      for (const float w : log_weights) total += std::exp(static_cast<double>(w));
      for (std::size_t k = 0; k < length; ++k) {
        EXPECT_NEAR(std::exp(static_cast<double>(log_weights[k])) / total, better[k], 1e-6)
            << length << " " << decay << " " << k;
      }
    }
  }
}

TEST(BetterOfTwo, FallsAndStaysFiniteHoweverSteep) {
  for (const double decay : {0.0, 1.0, 1e6}) {
    const auto log_weights = BetterOfTwoLogWeights(3000, decay / 3000);
    EXPECT_TRUE(std::ranges::is_sorted(log_weights, std::ranges::greater()));
    EXPECT_TRUE(std::ranges::all_of(log_weights, [](float w) { return std::isfinite(w); }));
  }
}

TEST_F(CdTermTest, IsTheCrossEntropyWithTheTeacherForEveryInteraction) {
  for (const CdGuide guide : {CdGuide::kTeacher, CdGuide::kStudent}) {
    const CdOptions options{
        .weight = 0.3, .items = 3, .top = 20, .temperature = 0.01, .bias = 0.005, .guide = guide};
    CdTerm term = Make(options);
    const double loss = Step(term, 0);
    const Batch& batch = batches_.Get(0, 0, parallel_);
    ASSERT_EQ(student_.pairs.size(), 3 * batch.users.size());
    double expected = 0.0;
    std::vector<double> gradient;
    for (std::size_t p = 0; p < student_.pairs.size(); ++p) {
      const auto& [user, item, score] = student_.pairs[p];
      EXPECT_EQ(user, batch.users[p / 3]);
      std::vector<float> teacher(1);
      teacher_.ScoreItems(user, std::vector{item}, teacher);
      const double q = 1 / (1 + std::exp(-(static_cast<double>(teacher[0]) + 0.005) / 0.01));
      const double sigma = 1 / (1 + std::exp(-static_cast<double>(score)));
      expected -= q * std::log(sigma) + (1 - q) * std::log(1 - sigma);
      gradient.push_back(0.3 * (sigma - q));
    }
    EXPECT_NEAR(loss / expected, 1.0, 1e-6);
    ExpectTableGradients(gradient);
  }
}

TEST_F(CdTermTest, SamplesDistinctUnobservedItemsOfTheGuidesTopAnewEachEpoch) {
  for (const CdGuide guide : {CdGuide::kTeacher, CdGuide::kStudent}) {
    CdTerm term = Make({.items = 4, .top = 12, .guide = guide});
    const Model& guide_model =
        guide == CdGuide::kTeacher ? static_cast<Model&>(teacher_) : student_;
    const Rankings rankings = RankUnobserved(guide_model, dataset_, 12, parallel_);
    std::set<std::vector<std::int32_t>> lists_of_one_user;
    for (std::int32_t epoch = 0; epoch < 5; ++epoch) {
      Step(term, epoch);
      for (const auto& [user, items] : student_.asked) {
        EXPECT_EQ(std::set(items.begin(), items.end()).size(), 4u) << "a duplicate";
        const auto top = rankings.Of(static_cast<std::size_t>(user));
        for (const std::int32_t item : items) EXPECT_NE(std::ranges::find(top, item), top.end());
      }
      lists_of_one_user.insert(student_.asked.begin()->second);
    }
    EXPECT_GT(lists_of_one_user.size(), 1u);
  }
}

// One item a user, so that the chances are those of a single draw.
TEST_F(CdTermTest, TakesTheBetterOfTwoDraws) {
  const CdOptions options{.items = 1, .top = 8, .rank_decay = 2.0};
  CdTerm term = Make(options);
  const Rankings rankings = RankUnobserved(student_, dataset_, 8, parallel_);
  std::vector<double> counts(8, 0.0);
  double draws = 0.0;
  for (std::int32_t epoch = 0; epoch < 200; ++epoch) {
    Step(term, epoch);
    for (const auto& [user, items] : student_.asked) {
      const auto top = rankings.Of(static_cast<std::size_t>(user));
      ++counts[static_cast<std::size_t>(std::ranges::find(top, items[0]) - top.begin())];
      ++draws;
    }
  }
  const auto log_weights = BetterOfTwoLogWeights(8, 2.0 / 8);
  double sum = 0.0, chi_squared = 0.0;
  for (const float w : log_weights) sum += std::exp(static_cast<double>(w));
  for (std::size_t k = 0; k < 8; ++k) {
    const double mean = draws * std::exp(static_cast<double>(log_weights[k])) / sum;
    chi_squared += (counts[k] - mean) * (counts[k] - mean) / mean;
  }
  EXPECT_LT(chi_squared, 24.3) << "of 7 degrees of freedom; exceeded once in 1000";
}

TEST_F(CdTermTest, AStudentThatGuidesIsAskedAtEveryEpoch) {
  CdTerm term = Make({.items = 2, .top = 3});
  Step(term, 0);
  const auto before = student_.asked;
  EmbeddingTable& items = *student_.tables()[1];
  for (float& x : items.values.view().elements()) x = -x;  // the last become the first
  Step(term, 0);
  EXPECT_NE(student_.asked, before);
}

TEST_F(CdTermTest, TheSameAtAnyNumberOfThreadsWhateverThePast) {
  for (const CdGuide guide : {CdGuide::kTeacher, CdGuide::kStudent}) {
    const CdOptions options{.items = 4, .top = 12, .guide = guide};
    CdTerm term = Make(options);
    Step(term, 3);
    const double loss = Step(term, 1);
    for (const int threads : {1, 3, 8}) {
      const Parallel parallel(threads);
      CdTerm again = Make(options);
      again.BeginEpoch(1, student_, parallel);
      EXPECT_EQ(again.Step(batches_.Get(1, 0, parallel), student_, parallel), loss);
    }
    CdTerm other = Make(options, 4);
    EXPECT_NE(Step(other, 1), loss);
  }
}

TEST_F(CdTermTest, TooFewItemsAreFoundBeforeTraining) {
  EXPECT_THROW(Make({.items = 5, .top = 4, .guide = CdGuide::kTeacher}), UsageError);
  EXPECT_THROW(Make({.items = 61}), UsageError);
  EXPECT_THAT(MessageOf<UsageError>([&] { Make({.items = 5, .top = 4}); }),
              testing::AllOf(HasSubstr("--cd-items 5"), HasSubstr("--cd-top")));
}

// One user who has nearly everything must not shorten the others' lists: theirs still reach into
// the depths of the ranking.
TEST_F(CdTermTest, ABusyUserShortensNobodysList) {
  const TestFolder folder;
  const Dataset dataset = SmallDataset(folder, dataset_.users(), dataset_.items(), 55);
  for (const CdGuide guide : {CdGuide::kTeacher, CdGuide::kStudent}) {
    const CdOptions options{.items = 3, .top = 30, .rank_decay = 0.0, .guide = guide};
    OwnedInteractions rankings;
    if (guide == CdGuide::kTeacher)
      rankings = RankUpTo(teacher_, dataset.train(), 30, NamesOf(dataset), parallel_);
    CdTerm term(dataset, teacher_, rankings, options, 3);
    EntitySet users(dataset.users()), items(dataset.items());
    Batch everybody;
    std::vector<std::int32_t> all(dataset.users());
    std::iota(all.begin(), all.end(), 0);
    everybody.distinct_users = all;
    for (std::int32_t epoch = 0; epoch < 40; ++epoch) {
      term.BeginEpoch(epoch, student_, parallel_);
      term.SelectRows(everybody, users, items);
    }
    EXPECT_GT(items.members().size(), 40u);
  }
}

TEST_F(CdTermTest, AllItemsOfAUserCanBeAskedFor) {
  CdTerm term = Make({.items = 12, .top = 12, .rank_decay = 1e6});
  EXPECT_TRUE(std::isfinite(Step(term, 0)));
  const Rankings rankings = RankUnobserved(student_, dataset_, 12, parallel_);
  for (const auto& [user, items] : student_.asked) {
    const auto top = rankings.Of(static_cast<std::size_t>(user));
    EXPECT_TRUE(std::ranges::is_permutation(items, top));
  }
}

}  // namespace
}  // namespace derrd
