#include "derrd/train/batch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "derrd/core/error.h"
#include "derrd/train/test_dataset.h"

namespace derrd {
namespace {

using Pair = std::pair<std::int32_t, std::int32_t>;

TEST(EntitySet, KeepsTheFirstOfEachInOrder) {
  EntitySet set(10);
  set.Add(std::vector<std::int32_t>{7, 2, 7, 9, 2});
  EXPECT_EQ(std::vector<std::int32_t>(set.members().begin(), set.members().end()),
            (std::vector<std::int32_t>{7, 2, 9}));
  set.Add(std::vector<std::int32_t>{9, 0, 7, 63, 0});
  EXPECT_EQ(std::vector<std::int32_t>(set.members().begin(), set.members().end()),
            (std::vector<std::int32_t>{7, 2, 9, 0, 63}));
  set.Clear();
  EXPECT_TRUE(set.members().empty());
  set.Add(2);
  EXPECT_EQ(set.members().size(), 1u);
}

TEST(BatchSampler, AnEpochHoldsEveryInteractionOnceWithAnUnobservedNegative) {
  const TestFolder folder;
  const Dataset dataset = SmallDataset(folder);
  const Parallel parallel(2);
  for (const std::size_t batch_size : {1, 7, 64, 100000}) {
    BatchSampler batches(dataset, batch_size, 3);
    std::multiset<Pair> seen;
    for (std::size_t b = 0; b < batches.batches_per_epoch(); ++b) {
      const Batch& batch = batches.Get(2, b, parallel);
      EXPECT_EQ(batch.step, 2 * batches.batches_per_epoch() + b);
      std::set<std::int32_t> users, negatives;
      for (std::size_t i = 0; i < batch.users.size(); ++i) {
        seen.emplace(batch.users[i], batch.positives[i]);
        users.insert(batch.users[i]);
        negatives.insert(batch.negatives[i]);
        const auto observed = dataset.train().Of(static_cast<std::size_t>(batch.users[i]));
        EXPECT_FALSE(std::ranges::binary_search(observed, batch.negatives[i]));
      }
      EXPECT_EQ(std::set(batch.distinct_users.begin(), batch.distinct_users.end()), users);
      EXPECT_EQ(batch.distinct_users.size(), users.size());
      EXPECT_EQ(batch.distinct_negatives.size(), negatives.size());
    }
    std::multiset<Pair> expected;
    for (std::size_t u = 0; u < dataset.users(); ++u) {
      for (const std::int32_t item : dataset.train().Of(u)) {
        expected.emplace(static_cast<std::int32_t>(u), item);
      }
    }
    EXPECT_EQ(seen, expected);
  }
}

TEST(BatchSampler, IsAFunctionOfSeedAndEpochAlone) {
  const TestFolder folder;
  const Dataset dataset = SmallDataset(folder, 400);
  const auto draw = [&](std::uint64_t seed, std::int32_t epoch, int threads, bool detour) {
    const Parallel parallel(threads);
    BatchSampler batches(dataset, 1500, seed);  // several tasks
    if (detour) batches.Get(9, 1, parallel);
    const Batch& batch = batches.Get(epoch, 0, parallel);
    std::vector<std::int32_t> all(batch.users.begin(), batch.users.end());
    all.insert(all.end(), batch.negatives.begin(), batch.negatives.end());
    return all;
  };
  const auto once = draw(1, 0, 1, false);
  EXPECT_EQ(draw(1, 0, 8, true), once);
  EXPECT_NE(draw(1, 1, 1, false), once);
  EXPECT_NE(draw(2, 0, 1, false), once);
}

TEST(BatchSampler, HalvesInAnyOrderAreTheWhole) {
  const TestFolder folder;
  const Dataset dataset = SmallDataset(folder);
  const Parallel parallel(2);
  for (const std::size_t batch_size : {1, 2, 7, 101}) {
    BatchSampler whole(dataset, batch_size, 3, 2), halves(dataset, batch_size, 3, 2);
    for (const std::size_t b : {std::size_t{1}, whole.batches_per_epoch() - 1}) {
      const Batch& expected = whole.Get(4, b, parallel);
      halves.Begin(4, b);
      halves.DrawHalf(1, parallel);
      halves.DrawHalf(0, parallel);
      const Batch& batch = halves.Take();
      EXPECT_EQ(batch.epoch, expected.epoch);
      EXPECT_EQ(batch.step, expected.step);
      EXPECT_TRUE(std::ranges::equal(batch.users, expected.users));
      EXPECT_TRUE(std::ranges::equal(batch.positives, expected.positives));
      EXPECT_TRUE(std::ranges::equal(batch.negatives, expected.negatives));
      EXPECT_TRUE(std::ranges::equal(batch.distinct_negatives, expected.distinct_negatives));
    }
  }
}

TEST(BatchSampler, DrawsSeveralNegativesForEachInteraction) {
  const TestFolder folder;
  const Dataset dataset = SmallDataset(folder);
  const Parallel parallel(2);
  BatchSampler one(dataset, 50, 3), three(dataset, 50, 3, 3);
  const Batch& single = one.Get(1, 2, parallel);
  const Batch& batch = three.Get(1, 2, parallel);
  ASSERT_EQ(batch.negatives.size(), 3 * batch.users.size());
  std::size_t equal = 0;
  for (std::size_t n = 0; n < batch.negatives.size(); ++n) {
    const auto observed = dataset.train().Of(static_cast<std::size_t>(batch.users[n / 3]));
    EXPECT_FALSE(std::ranges::binary_search(observed, batch.negatives[n]));
    if (n % 3 == 0) {
      EXPECT_EQ(batch.negatives[n], single.negatives[n / 3]);
    } else {
      equal += batch.negatives[n] == batch.negatives[n - 1] ? 1 : 0;
    }
  }
  EXPECT_LT(equal, batch.users.size() / 4) << "draws repeat each other";
}

// Validation and test items are unobserved: leaving them out would leak what they are.
TEST(BatchSampler, HeldOutItemsAreNegativesToo) {
  const TestFolder folder;
  const Dataset dataset = SmallDataset(folder, 5, 14);
  const Parallel parallel(1);
  BatchSampler batches(dataset, 1000, 1);
  std::set<Pair> held_out;
  for (std::size_t u = 0; u < 5; ++u) held_out.emplace(u, dataset.test().Of(u)[0]);
  std::set<Pair> found;
  for (std::int32_t epoch = 0; epoch < 100; ++epoch) {
    const Batch& batch = batches.Get(epoch, 0, parallel);
    for (std::size_t i = 0; i < batch.users.size(); ++i) {
      const Pair pair{batch.users[i], batch.negatives[i]};
      if (held_out.contains(pair)) found.insert(pair);
    }
  }
  EXPECT_EQ(found, held_out);
}

TEST(BatchSampler, AUserOfEveryItemHasNoNegative) {
  const TestFolder folder;
  DatasetContents contents;
  contents.user_ids = Ids(std::vector<std::string>{"greedy"});
  contents.item_ids = Ids(std::vector<std::string>{"a", "b"});
  contents.train = {{0, 2}, {0, 1}};
  contents.valid = contents.test = {{0, 0}, {}};
  WriteDataset(contents, folder / "all.derrd");
  const Dataset dataset = Dataset::Open(folder / "all.derrd");
  EXPECT_THROW(BatchSampler(dataset, 10, 1), Error);
}

}  // namespace
}  // namespace derrd
