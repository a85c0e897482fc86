#include "derrd/train/hetcomp_term.h"

#include <algorithm>
#include <set>
#include <span>
#include <vector>

#include "derrd/core/error.h"
#include "derrd/losses/hetcomp.h"
#include "derrd/train/test_terms.h"

namespace derrd {
namespace {

using Indices = std::vector<std::int32_t>;

class HetCompTest : public TermsTest {
 protected:
  static constexpr std::size_t kTop = 20;

  HetCompTest() {
    for (std::uint64_t seed = 21; seed < 24; ++seed) {
      stages_.emplace_back(dataset_.users(), dataset_.items(), 6, seed);
    }
  }
  Rankings RankingOf(const Model& model, std::size_t length) {
    return RankUnobserved(model, dataset_, length, parallel_);
  }
  TeacherTrajectory Trajectory() {
    TeacherTrajectory trajectory{
        {},
        RankObserved(stages_.back(), dataset_.train(), kTop / 10,
                     {dataset_.user_ids(), dataset_.item_ids()}, parallel_)};
    for (const BprMf& stage : stages_) trajectory.unobserved.push_back(RankingOf(stage, kTop));
    return trajectory;
  }
  HetCompTerm Make(const HetCompOptions& options) { return {dataset_, Trajectory(), options, 3}; }

  using LossFunction = double (*)(std::span<const float>, std::span<const float>, std::size_t,
                                  float, std::span<float>, std::span<float>);
  // The sum over the lists that the student was last asked for.
  double LossOfAsked(const TeacherTrajectory& trajectory, LossFunction loss) {
    double sum = 0.0;
    for (const auto& [user, items] : student_.asked) {
      const std::size_t observed =
          trajectory.observed.view().Of(static_cast<std::size_t>(user)).size();
      std::vector<float> scores(items.size()), g(items.size());
      student_.ScoreItems(user, items, scores);
      sum += loss(std::span<const float>(scores).first(observed),
                  std::span<const float>(scores).subspan(observed), kTop, 1.0f,
                  std::span(g).first(observed), std::span(g).subspan(observed));
    }
    return sum;
  }

  std::vector<BprMf> stages_;  // the teacher along its training
};

TEST_F(HetCompTest, AsksForObservedItemsTheTopAndAllOthers) {
  const TeacherTrajectory trajectory = Trajectory();
  HetCompOptions options;
  options.rest = 0;
  HetCompTerm term = Make(options);
  const double loss = Step(term, 0);
  ASSERT_FALSE(student_.asked.empty());
  for (const auto& [user, items] : student_.asked) {
    const auto u = static_cast<std::size_t>(user);
    const auto observed = trajectory.observed.view().Of(u), top = trajectory.unobserved[0].Of(u);
    ASSERT_EQ(observed.size(), 2u);
    Indices expected(observed.begin(), observed.end());
    expected.insert(expected.end(), top.begin(), top.end());
    for (std::int32_t item = 0; item < static_cast<std::int32_t>(dataset_.items()); ++item) {
      if (std::ranges::find(top, item) == top.end() &&
          !std::ranges::binary_search(dataset_.train().Of(u), item)) {
        expected.push_back(item);
      }
    }
    EXPECT_EQ(items, expected);
  }
  EXPECT_NEAR(loss / LossOfAsked(trajectory, &HetCompOverallLoss<float>), 1.0, 1e-6);
}

TEST_F(HetCompTest, AFewOthersStandForAllOfThem) {
  HetCompOptions options;
  options.rest = 0;
  HetCompTerm all = Make(options);
  const double loss = Step(all, 0);
  options.rest = 15;
  HetCompTerm few = Make(options);
  // The student's scores are all but equal, so that any of the rest stand for the others.
  EXPECT_NEAR(Step(few, 0) / loss, 1.0, 1e-3);
  std::set<std::int32_t> rest;
  for (const auto& [user, items] : student_.asked) rest.insert(items.begin() + 22, items.end());
  EXPECT_LE(rest.size(), 15u) << "the users of a step share the draw";
  const auto before = rest;
  Step(few, 1);
  rest.clear();
  for (const auto& [user, items] : student_.asked) rest.insert(items.begin() + 22, items.end());
  EXPECT_NE(rest, before) << "drawn once, not at every step";
}

// The authors' dynamic knowledge construction (main.py), for one teacher, as it reads there.
class HetcompTermReference {
 public:
  HetcompTermReference(const TeacherTrajectory& trajectory, std::size_t depth) : depth_(depth) {
    for (const Rankings& rankings : trajectory.unobserved) stages_.push_back(&rankings);
  }
  void Look(const Rankings& student, double threshold) {
    const bool first = stage.empty();
    const std::size_t users = student.users(), last = stages_.size() - 1;
    stage.resize(users);
    last_distance.resize(users);
    for (std::size_t u = 0; u < users; ++u) {
      const auto distance = [&](std::size_t s) {
        return HetCompDiscrepancy(student.Of(u).first(depth_),
                                  stages_[std::min(s, last)]->Of(u).first(depth_));
      };
      if (first) {
        last_distance[u] = distance(stage[u] + 1);
      } else if (stage[u] < last) {
        const double ratio = last_distance[u] / distance(stage[u] + 1);
        if (ratio > threshold || ratio < 1.0 - 1e-6) {  // equal in single precision
          ++stage[u];
          last_distance[u] = distance(stage[u] + 1);
        }
      }
    }
  }
  std::vector<std::size_t> stage;
  std::vector<double> last_distance;

 private:
  std::size_t depth_;
  std::vector<const Rankings*> stages_;
};

TEST_F(HetCompTest, UsersMoveOnAsTheAuthorsHaveIt) {
  HetCompOptions options;
  options.period = 3;
  options.depth = 10;
  options.alpha = 1.3;
  HetCompTerm term = Make(options);
  const TeacherTrajectory trajectory = Trajectory();
  HetcompTermReference reference(trajectory, 10);
  const auto state = term.State();
  ASSERT_EQ(state.size(), 1u);
  std::size_t moved = 0, stayed = 0;
  for (std::int32_t epoch = 0; epoch < 12; ++epoch) {
    // A student that nears the stages, one after the other.
    const auto near = static_cast<std::size_t>(epoch / 5);
    const BprMf student(stages_[near].user_rows(), stages_[near].item_rows());
    BprMf noisy(dataset_.users(), dataset_.items(), 6, static_cast<std::uint64_t>(40 + epoch));
    for (std::size_t t = 0; t < 2; ++t) {
      const auto& from = t == 0 ? student.user_rows() : student.item_rows();
      for (std::size_t i = 0; i < from.size(); ++i) {
        noisy.tables()[t]->values.view().elements()[i] += from.elements()[i];
      }
    }
    const auto before = reference.stage;
    if (epoch > 0 && epoch % 3 == 0) {
      reference.Look(RankingOf(noisy, kTop), 1.3 * std::pow(0.995, epoch / 3));
    }
    term.BeginEpoch(epoch, noisy, parallel_);
    for (std::size_t u = 0; u < reference.stage.size(); ++u) {
      ASSERT_EQ(static_cast<std::size_t>(state[0].values(u, 0)), reference.stage[u]) << epoch;
      ASSERT_EQ(state[0].values(u, 1), static_cast<float>(reference.last_distance[u]));
      if (!before.empty()) ++(reference.stage[u] > before[u] ? moved : stayed);
    }
  }
  EXPECT_GT(moved, 20u);
  EXPECT_GT(stayed, 20u);
}

TEST_F(HetCompTest, TheFineOrderIsTaughtWhenAllHaveArrived) {
  HetCompOptions options;
  options.period = 1;
  options.weight = options.ranking_weight = 1.0;
  options.rest = 0;
  HetCompTerm term = Make(options);
  const TeacherTrajectory trajectory = Trajectory();
  term.BeginEpoch(1, student_, parallel_);    // the first look
  term.BeginEpoch(2, stages_[1], parallel_);  // is where the next stage is
  EXPECT_EQ(term.Diagnostics()["mean_stage"], 1.0);
  EXPECT_EQ(term.Diagnostics()["ranking"], false);
  term.BeginEpoch(3, stages_[2], parallel_);
  EXPECT_EQ(term.Diagnostics()["mean_stage"], 2.0);
  EXPECT_EQ(term.Diagnostics()["ranking"], true);
  const double loss = Step(term, 4);
  for (const auto& [user, items] : student_.asked) {
    const auto top = trajectory.unobserved[2].Of(static_cast<std::size_t>(user));
    EXPECT_TRUE(std::equal(top.begin(), top.end(), items.begin() + 2));
  }
  EXPECT_NEAR(loss / LossOfAsked(trajectory, &HetCompRankingLoss<float>), 1.0, 1e-6);
}

TEST_F(HetCompTest, EachOfTheTwoLossesHasItsWeight) {
  Spread(50.0f);
  HetCompOptions options;
  options.period = 1;
  options.weight = 0.3;
  options.ranking_weight = 0.7;
  options.rest = 0;
  HetCompTerm term = Make(options);
  const auto expect = [&](double loss, double weight, const auto& of_lists) {
    ExpectSumOverLists(
        loss, [&](std::int32_t, std::span<const double> scores, std::span<double> gradient) {
          return of_lists(scores.first(2), scores.subspan(2), kTop, weight, gradient.first(2),
                          gradient.subspan(2));
        });
  };
  expect(Step(term, 0), 0.3, HetCompOverallLoss<double>);
  term.BeginEpoch(1, student_, parallel_);
  term.BeginEpoch(2, stages_[1], parallel_);
  term.BeginEpoch(3, stages_[2], parallel_);  // all have arrived
  expect(Step(term, 4), 0.7, HetCompRankingLoss<double>);
}

TEST_F(HetCompTest, AStateThatIsRestoredIsGoneOnFrom) {
  HetCompOptions options;
  options.period = 1;
  HetCompTerm one = Make(options), two = Make(options);
  one.BeginEpoch(1, student_, parallel_);
  one.BeginEpoch(2, stages_[1], parallel_);
  std::ranges::copy(one.State()[0].values.elements(), two.State()[0].values.elements().begin());
  two.BeginEpoch(3, stages_[2], parallel_);
  EXPECT_EQ(two.Diagnostics()["mean_stage"], 2.0);
  EXPECT_EQ(two.Diagnostics()["ranking"], true);
}

TEST_F(HetCompTest, OneStageIsTheFineOrderFromTheStart) {
  stages_.erase(stages_.begin(), stages_.begin() + 2);
  HetCompTerm term = Make({});
  Step(term, 0);
  EXPECT_EQ(term.Diagnostics()["ranking"], true);
}

TEST_F(HetCompTest, TheWeightScalesTheGradientAndNotTheReportedLoss) {
  HetCompOptions options;
  HetCompTerm one = Make(options);
  const double loss = Step(one, 0), norm = GradientNorm();
  options.weight *= 2;
  HetCompTerm two = Make(options);
  EXPECT_NEAR(Step(two, 0) / loss, 1.0, 1e-6);
  EXPECT_NEAR(GradientNorm() / norm, 2.0, 1e-4);
}

TEST_F(HetCompTest, ATrajectoryThatDoesNotFitIsAnError) {
  TeacherTrajectory trajectory = Trajectory();
  trajectory.unobserved[1] = RankingOf(stages_[1], kTop - 1);
  EXPECT_THROW(HetCompTerm(dataset_, trajectory, {}, 3), UsageError);
  trajectory.unobserved.clear();
  EXPECT_THROW(HetCompTerm(dataset_, trajectory, {}, 3), UsageError);
}

}  // namespace
}  // namespace derrd
