#include "derrd/experiment/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

namespace derrd {
namespace {

// Two teachers, one student; from scratch, and a method whose weight is searched.
Plan SmallPlan() {
  Plan plan;
  plan.data = {{"d", "d.derrd", "00", "HR@5"}};
  plan.teachers.resize(2);
  plan.teachers[0].name = "a";
  plan.teachers[1].name = "b";
  plan.teachers[1].flags.Set("--width", "7");
  for (const std::size_t teacher : {0, 1}) {
    Cell cell{};
    cell.teacher = teacher;
    cell.student = "s";
    cell.width = 4;
    cell.seeds = {0, 1};
    cell.epochs = 100;
    cell.method = "none";
    cell.subcommand = "train";
    plan.cells.push_back(cell);
    cell.method = "m";
    cell.subcommand = "distill";
    for (const char* weight : {"1", "2", "3"}) {
      cell.trials.emplace_back();
      cell.trials.back().values.Set("--w", weight);
    }
    plan.cells.push_back(cell);
  }
  return plan;
}

std::vector<Run> Of(const std::vector<Run>& runs, RunRole role) {
  std::vector<Run> some;
  for (const auto& run : runs) {
    if (run.role == role) some.push_back(run);
  }
  return some;
}

const KnownOutcome kNothingKnown = [](const derrd::Run&) { return std::optional<Outcome>(); };

TEST(NeededRuns, ATeacherIsTrainedOnceASeedAndScratchOnceForAllTeachers) {
  const auto runs = AllRuns(SmallPlan(), kNothingKnown);
  EXPECT_EQ(Of(runs, RunRole::kTeacher).size(), 4u);
  std::set<std::string> scratch;
  for (const auto& run : Of(runs, RunRole::kStudent)) {
    if (run.subcommand == "train") scratch.insert(run.name);
  }
  EXPECT_EQ(scratch.size(), 2u);  // a seed each, for both teachers
}

TEST(NeededRuns, AFixedSeedOfATeacherServesEverySeed) {
  Plan plan = SmallPlan();
  plan.teachers[0].seed = 5;
  plan.teachers[1].seed = 5;
  const auto teachers = Of(AllRuns(plan, kNothingKnown), RunRole::kTeacher);
  ASSERT_EQ(teachers.size(), 2u);
  EXPECT_EQ(teachers[0].seed, 5u);
}

TEST(NeededRuns, StudentsAreNotKnownBeforeTheirSearchIsDone) {
  const auto runs = NeededRuns(SmallPlan(), kNothingKnown);
  EXPECT_EQ(Of(runs, RunRole::kTrial).size(), 6u);
  for (const auto& run : Of(runs, RunRole::kStudent)) EXPECT_EQ(run.subcommand, "train");
}

TEST(NeededRuns, WhatIsBestOnValidationRunsOverAllSeeds) {
  std::set<std::string> trials;
  const auto runs = NeededRuns(SmallPlan(), [&](const auto& run) {
    trials.insert(run.name);
    return std::optional(Outcome{false, run.values.ValueOf("--w") == "2" ? 0.5 : 0.4});
  });
  std::size_t students = 0;
  for (const auto& run : Of(runs, RunRole::kStudent)) {
    if (run.subcommand == "train") continue;
    ++students;
    EXPECT_EQ(run.flags.ValueOf("--w"), "2");
    EXPECT_EQ(trials.contains(run.name), run.seed == 0);  // the trial is the student of its seed
  }
  EXPECT_EQ(students, 4u);
}

TEST(NeededRuns, OfEqualsTheFirstWinsAndFailuresNever) {
  const auto runs = NeededRuns(SmallPlan(), [](const derrd::Run& run) {
    return std::optional(Outcome{run.values.ValueOf("--w") == "1", 0.4});
  });
  for (const auto& run : Of(runs, RunRole::kStudent)) {
    if (run.subcommand == "train") continue;
    EXPECT_EQ(run.flags.ValueOf("--w"), "2");
  }
}

TEST(NeededRuns, WhereAllTrialsFailTheOtherCellsGoOn) {
  const KnownOutcome known = [](const derrd::Run& run) {
    return std::optional(Outcome{run.role == RunRole::kTrial && run.teacher == 0, 0.4});
  };
  std::set<std::size_t> cells;
  for (const auto& run : Of(NeededRuns(SmallPlan(), known), RunRole::kStudent)) {
    cells.insert(run.cell);
  }
  EXPECT_THAT(cells, testing::ElementsAre(0, 2, 3));
  EXPECT_THAT(FailedSearches(SmallPlan(), known),
              testing::ElementsAre(testing::HasSubstr("none of the 3 tried values trains")));
  EXPECT_THAT(FailedSearches(SmallPlan(), kNothingKnown), testing::IsEmpty());
}

TEST(NeededRuns, EachTrialHasItsOwnFilesAndCheckpoints) {
  Plan plan = SmallPlan();
  plan.cells[1].trials[1].files = {"22"};
  plan.cells[1].trials[1].resumable = false;
  const auto before = Of(AllRuns(SmallPlan(), kNothingKnown), RunRole::kTrial);
  const auto after = Of(AllRuns(plan, kNothingKnown), RunRole::kTrial);
  ASSERT_EQ(after.size(), before.size());
  for (std::size_t t = 0; t < after.size(); ++t) {
    EXPECT_EQ(after[t].name == before[t].name, t != 1);
    EXPECT_EQ(after[t].resumable, t != 1);
  }
}

TEST(NeededRuns, HalvingTriesBrieflyThenForLonger) {
  Plan plan = SmallPlan();
  plan.search = {SearchKind::kHalving, 3, 5, 2};
  std::map<std::size_t, std::set<std::string>> epochs;
  for (const auto& run : Of(AllRuns(plan, kNothingKnown), RunRole::kTrial)) {
    epochs[run.rung].insert(std::string(run.flags.ValueOf("--epochs")));
  }
  EXPECT_THAT(epochs[0], testing::ElementsAre("5"));
  EXPECT_THAT(epochs[1], testing::ElementsAre("10"));
  for (const auto& run : Of(AllRuns(plan, kNothingKnown), RunRole::kStudent))
    EXPECT_FALSE(run.flags.Has("--epochs"));
}

TEST(NeededRuns, WhatDecidesTheOutcomeDecidesTheName) {
  const auto name = [](const Plan& plan) { return AllRuns(plan, kNothingKnown).back().name; };
  const std::string before = name(SmallPlan());
  EXPECT_EQ(before, name(SmallPlan()));
  Plan data = SmallPlan(), teacher = SmallPlan(), flags = SmallPlan(), path = SmallPlan(),
       files = SmallPlan();
  data.data[0].fingerprint = "11";
  teacher.teachers[1].flags.Set("--width", "8");
  flags.cells[3].flags.Set("--l2", "1");
  path.data[0].path = "elsewhere/d.derrd";
  files.cells[3].trials[0].files = {"22"};
  for (const Plan& changed : {data, teacher, flags, files}) EXPECT_NE(name(changed), before);
  EXPECT_EQ(name(path), before);
}

TEST(NeededRuns, ATeacherThatIsThereIsNoTraining) {
  Plan plan = SmallPlan();
  plan.teachers[0].path = "t.derrd";
  plan.teachers[0].fingerprint = "ff";
  std::size_t given = 0;
  for (const auto& run : Of(AllRuns(plan, kNothingKnown), RunRole::kTeacher))
    given += run.subcommand.empty();
  EXPECT_EQ(given, 1u);
}

}  // namespace
}  // namespace derrd
