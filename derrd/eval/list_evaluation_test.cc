#include "derrd/eval/list_evaluation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <vector>

#include "derrd/core/error.h"
#include "derrd/core/test_folder.h"
#include "derrd/eval/evaluator.h"
#include "derrd/eval/test_lists_of.h"

namespace derrd {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr std::size_t kUsers = 90, kItems = 120;

// Gives a user without candidates the first item.
void AddCandidate(OwnedInteractions& candidates, std::size_t user) {
  candidates.items.insert(candidates.items.begin() + candidates.offsets[user], 0);
  for (std::size_t u = user + 1; u < candidates.offsets.size(); ++u) ++candidates.offsets[u];
}

// Training, validation and test items that a user has each in one of them, and candidates that
// overlap with all of them.
Dataset MakeDataset(const TestFolder& folder, Protocol protocol) {
  const OwnedInteractions all = RandomInteractions(kUsers, kItems, 30, 5);
  const bool sampled = protocol == Protocol::kSampled;
  DatasetContents contents;
  std::vector<std::string> users, items;
  for (std::size_t u = 0; u < kUsers; ++u) users.push_back("u" + std::to_string(u));
  for (std::size_t i = 0; i < kItems; ++i) items.push_back("i" + std::to_string(i));
  contents.user_ids = Ids(users);
  contents.item_ids = Ids(items);
  contents.protocol = protocol;
  for (std::size_t u = 0; u < kUsers; ++u) {
    std::size_t held_out = 0;
    for (const std::int32_t item : all.view().Of(u)) {
      const bool of_test = held_out == 0 || (!sampled && held_out % 3 == 0);
      (of_test         ? contents.test
       : held_out == 1 ? contents.valid
                       : contents.train)
          .items.push_back(item);
      ++held_out;
    }
    for (auto* split : {&contents.train, &contents.valid, &contents.test}) {
      split->offsets.push_back(static_cast<std::int64_t>(split->items.size()));
    }
  }
  if (sampled) {
    contents.candidates = RandomInteractions(kUsers, kItems, 80, 6);
    for (std::size_t u = 0; u < kUsers; ++u) {  // a held-out item has at least one
      if (contents.candidates.view().Of(u).empty()) AddCandidate(contents.candidates, u);
    }
  }
  WriteDataset(contents, folder / "set.derrd");
  return Dataset::Open(folder / "set.derrd");
}

// Lists of every item say what the scores say: a wholly different way to the same metrics.
TEST(EvaluateLists, OfAllItemsAgreesWithTheScores) {
  const TestFolder folder;
  for (const Protocol protocol : {Protocol::kSampled, Protocol::kFull}) {
    const Dataset dataset = MakeDataset(folder, protocol);
    for (const Split split : {Split::kValid, Split::kTest}) {
      const auto ties = ScoreTable::WithTies(kUsers, kItems, 3);
      const Metrics expected = Evaluate(ties, dataset, split, Parallel(1));
      EXPECT_GT(expected.At("HR@20"), 0.1);
      for (const int threads : {1, 3}) {
        EXPECT_EQ(
            Evaluate(ListsOf(ties, kItems, WithScores::kYes), dataset, split, Parallel(threads)),
            expected);
      }
      auto distinct = ties;
      for (std::size_t u = 0; u < kUsers; ++u) {  // the order that the lists have
        for (std::size_t i = 0; i < kItems; ++i) {
          distinct.At(u, i) -= static_cast<float>(i) / kItems;
        }
      }
      EXPECT_EQ(Evaluate(ListsOf(distinct, kItems, WithScores::kNo), dataset, split, Parallel(2)),
                Evaluate(distinct, dataset, split, Parallel(2)));
    }
  }
}

// Under full ranking twenty items beyond those in training are all that the metrics ask for.
TEST(EvaluateLists, ThatHoldEnoughAgreeWithTheScores) {
  const TestFolder folder;
  const Dataset dataset = MakeDataset(folder, Protocol::kFull);
  auto model = ScoreTable::WithTies(kUsers, kItems, 3);
  for (std::size_t u = 0; u < kUsers; ++u) {
    for (std::size_t i = 0; i < kItems; ++i) model.At(u, i) -= static_cast<float>(i) / kItems;
  }
  EXPECT_EQ(Evaluate(ListsOf(model, 60, WithScores::kNo), dataset, Split::kTest, Parallel(2)),
            Evaluate(model, dataset, Split::kTest, Parallel(2)));
}

struct OneUser {
  std::vector<std::int64_t> offsets;
  std::vector<std::int32_t> items;

  explicit OneUser(std::vector<std::int32_t> of_user)
      : offsets{0, static_cast<std::int64_t>(of_user.size())}, items(std::move(of_user)) {}
  Interactions view() const { return {offsets, items}; }
};

std::vector<std::int32_t> Numbers(std::int32_t begin, std::int32_t end) {
  std::vector<std::int32_t> numbers;
  for (std::int32_t n = begin; n < end; ++n) numbers.push_back(n);
  return numbers;
}

std::vector<std::size_t> FullRanks(const RankedLists& lists, const OneUser& held_out,
                                   const OneUser& train) {
  const Interactions targets = held_out.view(), observed = train.view();
  ListRanker ranker = ListRanker::Full(lists, targets, observed, kIndices);
  const auto ranks = ranker.Rank(0);
  std::vector<std::size_t> result(ranks.begin(), ranks.end());
  const auto again = ranker.Rank(0);  // nothing of the first time is left
  EXPECT_TRUE(std::ranges::equal(again, result));
  return result;
}

TEST(ListRanker, WhatIsNotListedStandsBehindAllOthers) {
  const RankedLists lists({0, 25}, Numbers(0, 25), {}, 40);
  // 3 and 30 are held out; 0 and 1 are in training. 23 of the listed items take part, of 38.
  EXPECT_THAT(FullRanks(lists, OneUser({3, 30}), OneUser({0, 1})), ElementsAre(2, 38));
  // What is held out and in training at once is not looked for.
  EXPECT_THAT(FullRanks(lists, OneUser({1, 3}), OneUser({0, 1})), ElementsAre(2));
}

TEST(ListRanker, ARankThatAMetricNeedsMustBeKnown) {
  const RankedLists lists({0, 25}, Numbers(0, 25), {}, 40);
  EXPECT_THAT(FullRanks(lists, OneUser({30}), OneUser(Numbers(0, 5))), ElementsAre(35));
  EXPECT_THAT([&] { FullRanks(lists, OneUser({30}), OneUser(Numbers(0, 6))); },
              ThrowsMessage<Error>(AllOf(HasSubstr("user '0'"), HasSubstr("holds 19 of the 34"),
                                         HasSubstr("longer lists"))));
  // The only one that is not listed is the last, wherever that is.
  const RankedLists all_but_one({0, 4}, {0, 1, 2, 3}, {}, 5);
  EXPECT_THAT(FullRanks(all_but_one, OneUser({4}), OneUser({2})), ElementsAre(4));
}

TEST(ListRanker, EqualScoresCountAgainstWhatIsHeldOut) {
  const RankedLists lists({0, 5}, {4, 3, 2, 1, 0}, {9, 5, 5, 5, 1}, 5);
  EXPECT_THAT(FullRanks(lists, OneUser({3}), OneUser({})), ElementsAre(4));
  EXPECT_THAT(FullRanks(lists, OneUser({3}), OneUser({2})), ElementsAre(3));
  EXPECT_THAT(FullRanks(lists, OneUser({1, 3}), OneUser({})), ElementsAre(4, 4));
}

}  // namespace
}  // namespace derrd
