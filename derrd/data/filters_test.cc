// Tests of interaction_log, numbering and filters.
#include "derrd/data/filters.h"

#include <map>

#include "derrd/data/numbering.h"
#include "derrd/data/test_logs.h"

namespace derrd {
namespace {

using ::testing::ElementsAre;

TEST(InteractionLogTest, ToInteractionsSortsAndMakesDistinct) {
  const InteractionLog log{{2, 0, 2, 2}, {5, 1, 3, 5}, {}, {}};
  const OwnedInteractions rows = ToInteractions(log, 4);
  EXPECT_THAT(rows.offsets, ElementsAre(0, 1, 1, 3, 3));
  EXPECT_THAT(rows.items, ElementsAre(1, 3, 5));
  EXPECT_THAT(ToInteractions({}, 2).offsets, ElementsAre(0, 0, 0));
}

TEST(NumberingTest, NumbersAscendAndOtherIdsKeepTheirOrder) {
  IdTable numbers("items");
  for (const auto* id : {"10", "9", "-3", "007", "7"}) numbers.Intern(id);
  EXPECT_THAT(Numbering::Of(numbers, {1, 1, 1, 1, 1}).ids,
              ElementsAre("-3", "007", "7", "9", "10"));
  const Numbering some = Numbering::Of(numbers, {1, 0, 0, 0, 1});
  EXPECT_THAT(some.ids, ElementsAre("7", "10"));
  EXPECT_THAT(some.new_number, ElementsAre(1, -1, -1, -1, 0));
  IdTable words("items");
  for (const auto* id : {"10", "b", "a", "9"}) words.Intern(id);
  EXPECT_THAT(Numbering::Of(words, {1, 1, 1, 1}).ids, ElementsAre("10", "b", "a", "9"));
  EXPECT_THAT(Numbering::Of(words, {1, 0, 0, 1}).ids, ElementsAre("9", "10"));
}

TEST(FiltersTest, DuplicatesKeepTheFirstOrTheLatest) {
  InteractionLog log{{0, 1, 0, 0}, {5, 5, 5, 6}, {1, 2, 3, 4}, {}};
  EXPECT_EQ(DropDuplicates(2, log), 1u);
  EXPECT_THAT(log.ratings, ElementsAre(1, 2, 4));
  InteractionLog timed{{0, 0, 0, 0}, {5, 5, 6, 5}, {1, 2, 3, 4}, {10, 30, 20, 30}};
  EXPECT_EQ(DropDuplicates(1, timed), 2u);
  EXPECT_THAT(timed.ratings, ElementsAre(2, 3));
  EXPECT_THAT(timed.times, ElementsAre(30, 20));
}

TEST(FiltersTest, RatingsAreKeptFromTheThresholdOn) {
  InteractionLog log{{0, 0, 0}, {1, 2, 3}, {3.9f, 4.1f, 4.0f}, {}};
  EXPECT_EQ(DropBelowRating(4.0, log), 1u);
  EXPECT_THAT(log.items, ElementsAre(2, 3));
  EXPECT_EQ(DropBelowRating(4.1, log), 1u);
}

// One drop makes the next: nothing survives a chain.
TEST(FiltersTest, CountsAreIteratedUntilStable) {
  InteractionLog chain;
  for (std::int32_t i = 0; i < 20; ++i) {
    chain.users.insert(chain.users.end(), {i, i});
    chain.items.insert(chain.items.end(), {i, i + 1});
  }
  EXPECT_EQ(DropRare(2, 2, 20, 21, chain), 40u);
  EXPECT_TRUE(chain.empty());
}

// The largest part that meets both counts is unique, so removing one offending user or item at a
// time, in any order, must end at the same rows.
InteractionLog DropOneAtATime(std::size_t min_user, std::size_t min_item, InteractionLog log) {
  const auto drop_one = [&log](std::vector<std::int32_t>& column, std::size_t least) {
    std::map<std::int32_t, std::size_t> counts;
    for (const std::int32_t entry : column) ++counts[entry];
    for (const auto& [entry, count] : counts) {
      if (count >= least) continue;
      std::vector<std::uint8_t> keep;
      for (const std::int32_t other : column) keep.push_back(other != entry);
      log.Keep(keep);
      return true;
    }
    return false;
  };
  while (drop_one(log.items, min_item) || drop_one(log.users, min_user)) {
  }
  return log;
}

TEST(FiltersTest, CountsKeepTheLargestPartThatMeetsThem) {
  for (const std::size_t min_item : {24u, 30u, 31u, 32u, 50u}) {
    InteractionLog log = RandomLog(4, 200, 60, 12);
    const InteractionLog expected = DropOneAtATime(10, min_item, log);
    const std::size_t before = log.size();
    const FilterCounts counts = Filter({{}, 10, min_item}, 200, 60, log);
    EXPECT_EQ(counts.rare, before - expected.size());
    EXPECT_EQ(log.users, expected.users);
    EXPECT_EQ(log.items, expected.items);
    EXPECT_EQ(log.times, expected.times);
  }
}

}  // namespace
}  // namespace derrd
