#include "derrd/core/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <map>
#include <numeric>
#include <set>
#include <vector>

namespace derrd {
namespace {

using Block = std::array<std::uint32_t, 4>;

Block FirstBlock(RandomStream stream) {
  Block block;
  for (auto& word : block) word = stream.Next();
  return block;
}

// Five standard deviations above the mean of chi-squared: with fixed seeds a failure is a change of
// the generator, not bad luck.
void ExpectUniform(const std::vector<std::size_t>& counts) {
  const std::size_t total = std::accumulate(counts.begin(), counts.end(), std::size_t{0});
  const double expected = static_cast<double>(total) / static_cast<double>(counts.size());
  double chi_squared = 0;
  for (const std::size_t count : counts) {
    chi_squared += (static_cast<double>(count) - expected) *
                   (static_cast<double>(count) - expected) / expected;
  }
  const double freedom = static_cast<double>(counts.size()) - 1;
  EXPECT_LT(chi_squared, freedom + 5 * std::sqrt(2 * freedom)) << freedom << " degrees of freedom";
}

struct Moments {
  double mean, variance;
};

template <typename Draw>
Moments MomentsOf(Draw draw) {
  constexpr int kDraws = 200'000;
  double sum = 0, squares = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double x = draw();
    sum += x;
    squares += x * x;
  }
  const double mean = sum / kDraws;
  return {mean, squares / kDraws - mean * mean};
}

// The known answers that Random123 publishes for ten rounds of Philox4x32.
TEST(PhiloxTest, GivesThePublishedAnswers) {
  using Philox = r123::Philox4x32;
  const auto expect = [](Philox::ctr_type counter, Philox::key_type key, Philox::ctr_type answer) {
    EXPECT_EQ(Philox()(counter, key), answer);
  };
  expect({{0, 0, 0, 0}}, {{0, 0}}, {{0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8}});
  expect({{~0u, ~0u, ~0u, ~0u}}, {{~0u, ~0u}}, {{0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD}});
  expect({{0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344}}, {{0xA4093822, 0x299F31D0}},
         {{0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1}});
}

TEST(RandomStreamTest, StartsWithThePublishedAnswerOfZero) {
  EXPECT_EQ(FirstBlock(RandomStream(0, Role::kInitialUser, 0, 0)),
            (Block{0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8}));
}

TEST(RandomStreamTest, FirstDrawsAreThoseOfTheStreams) {
  constexpr std::uint64_t kOneSeed = 0x0123456789ABCDEF;
  std::vector<std::uint64_t> entities{0, 1, 7, 0xA1B2C3D4E5F607, 0xFFFFFFFF, 0x100000000};
  for (std::uint64_t e = 0; e < 40; ++e) entities.push_back(e * e);
  std::vector<kernels::PhiloxBlock> first(entities.size());
  RandomStream::FirstDraws(kOneSeed, Role::kNegative, 77, entities, first);
  for (std::size_t i = 0; i < entities.size(); ++i) {
    RandomStream plain(kOneSeed, Role::kNegative, 77, entities[i]);
    RandomStream begun(kOneSeed, Role::kNegative, 77, entities[i], first[i]);
    for (int draw = 0; draw < 9; ++draw) ASSERT_EQ(plain.Next(), begun.Next()) << i;
  }
}

// What a seed means must never change, so the layout of the counter is pinned here.
TEST(RandomStreamTest, LaysOutSeedStepRoleAndEntityAsDocumented) {
  RandomStream stream(0x0123456789ABCDEF, Role::kGumbelUser, 0xFEDCBA98, 0xA1B2C3D4E5F607);
  for (std::uint32_t number = 0; number < 3; ++number) {
    const auto block = r123::Philox4x32()({{number, 0xD4E5F607, 0xFEDCBA98, 0x08A1B2C3}},
                                          {{0x89ABCDEF, 0x01234567}});
    for (const std::uint32_t word : block) EXPECT_EQ(stream.Next(), word);
  }
}

// Any one bit of the position gives another stream: half of its bits differ.
TEST(RandomStreamTest, EveryBitOfThePositionMatters) {
  constexpr std::uint64_t kSeed = 42, kStep = 7, kEntity = 1000;
  std::vector<Block> blocks{FirstBlock(RandomStream(kSeed, Role::kTest, kStep, kEntity))};
  for (int bit = 0; bit < 64; ++bit) {
    const std::uint64_t flip = std::uint64_t{1} << bit;
    blocks.push_back(FirstBlock(RandomStream(kSeed ^ flip, Role::kTest, kStep, kEntity)));
    if (bit < 56) {
      blocks.push_back(FirstBlock(RandomStream(kSeed, Role::kTest, kStep, kEntity ^ flip)));
    }
    if (bit < 32) {
      blocks.push_back(FirstBlock(RandomStream(kSeed, Role::kTest, kStep ^ flip, kEntity)));
    }
    if (bit < 8) {
      const auto role = static_cast<Role>(255 ^ flip);
      blocks.push_back(FirstBlock(RandomStream(kSeed, role, kStep, kEntity)));
    }
  }
  ASSERT_EQ(blocks.size(), 1u + 64 + 56 + 32 + 8);
  int differing = 0;
  for (std::size_t i = 1; i < blocks.size(); ++i) {
    for (int word = 0; word < 4; ++word)
      differing += std::popcount(blocks[0][word] ^ blocks[i][word]);
  }
  const double bits = 128.0 * static_cast<double>(blocks.size() - 1);
  EXPECT_NEAR(differing, bits / 2, 5 * std::sqrt(bits) / 2);
  EXPECT_EQ(std::set<Block>(blocks.begin(), blocks.end()).size(), blocks.size());
}

TEST(RandomStreamTest, NeighbouringStreamsAreUncorrelated) {
  double sum = 0;
  constexpr int kPairs = 50'000;
  for (int entity = 0; entity < kPairs; ++entity) {
    const double x = RandomStream(3, Role::kNegative, 0, entity).Uniform() - 0.5;
    const double y = RandomStream(3, Role::kNegative, 0, entity + 1).Uniform() - 0.5;
    sum += 12 * x * y;
  }
  EXPECT_NEAR(sum / kPairs, 0, 5 / std::sqrt(kPairs));
}

TEST(UniformTest, StaysInsideTheOpenIntervalAtItsEnds) {
  // The first entities whose first draw has 24 zero and 24 one bits on top.
  const RandomStream lowest(1, Role::kTest, 0, 8'081'715);
  const RandomStream highest(1, Role::kTest, 0, 20'347'336);
  ASSERT_EQ(RandomStream(lowest).Next() >> 8, 0u);
  ASSERT_EQ(RandomStream(highest).Next() >> 8, 0xFFFFFFu);
  EXPECT_EQ(RandomStream(lowest).Uniform(), 0x1p-25f);
  EXPECT_EQ(RandomStream(highest).Uniform(), 1 - 0x1p-24f);
  for (const RandomStream& stream : {lowest, highest}) {
    EXPECT_TRUE(std::isfinite(RandomStream(stream).Gumbel()));
    EXPECT_TRUE(std::isfinite(RandomStream(stream).Normal()));
  }
}

TEST(UniformTest, FillsTheInterval) {
  RandomStream stream(5, Role::kTest, 0, 0);
  std::vector<std::size_t> counts(100);
  for (int i = 0; i < 200'000; ++i) {
    const float u = stream.Uniform();
    ASSERT_GT(u, 0.0f);
    ASSERT_LT(u, 1.0f);
    ++counts[static_cast<std::size_t>(u * 100)];
  }
  ExpectUniform(counts);
}

TEST(BelowTest, OfOneIsZero) {
  RandomStream stream(1, Role::kTest, 0, 0);
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(stream.Below(1), 0u);
}

TEST(BelowTest, IsUniformOverSmallRanges) {
  for (const std::uint32_t n : {2u, 3u, 7u, 100u, 1000u}) {
    RandomStream stream(n, Role::kTest, 0, 0);
    std::vector<std::size_t> counts(n);
    for (int i = 0; i < 200'000; ++i) {
      const std::uint32_t x = stream.Below(n);
      ASSERT_LT(x, n);
      ++counts[x];
    }
    ExpectUniform(counts);
  }
}

// Of three quarters of all numbers, a plain multiplication would give every third twice as often.
TEST(BelowTest, IsUniformWhereTheBiasOfAMultiplicationIsLargest) {
  constexpr std::uint32_t kMost = 3u << 30;
  RandomStream stream(9, Role::kTest, 0, 0);
  std::vector<std::size_t> residues(3), ranges(16);
  for (int i = 0; i < 100'000; ++i) {
    const std::uint32_t x = stream.Below(kMost);
    ASSERT_LT(x, kMost);
    ++residues[x % 3];
    ++ranges[x / (kMost / 16)];
  }
  ExpectUniform(residues);
  ExpectUniform(ranges);
}

TEST(BelowTest, IsUniformBelowTheLargestNumber) {
  constexpr std::uint32_t kMost = ~0u;
  RandomStream stream(10, Role::kTest, 0, 0);
  std::vector<std::size_t> low(16), high(16);
  for (int i = 0; i < 100'000; ++i) {
    const std::uint32_t x = stream.Below(kMost);
    ASSERT_LT(x, kMost);
    ++low[x % 16];
    ++high[x >> 28];
  }
  ExpectUniform(low);
  ExpectUniform(high);
}

TEST(DistributionTest, MomentsAreThoseOfTheDistributions) {
  RandomStream stream(11, Role::kTest, 0, 0);
  const auto uniform = MomentsOf([&] { return stream.Uniform(); });
  EXPECT_NEAR(uniform.mean, 0.5, 0.005);
  EXPECT_NEAR(uniform.variance, 1.0 / 12, 0.002);
  const auto normal = MomentsOf([&] { return stream.Normal(); });
  EXPECT_NEAR(normal.mean, 0, 0.012);
  EXPECT_NEAR(normal.variance, 1, 0.02);
  const auto gumbel = MomentsOf([&] { return stream.Gumbel(); });
  EXPECT_NEAR(gumbel.mean, 0.5772, 0.015);     // Euler's constant
  EXPECT_NEAR(gumbel.variance, 1.6449, 0.06);  // pi^2 / 6
}

class RandomPermutationTest : public testing::TestWithParam<std::uint64_t> {};

TEST_P(RandomPermutationTest, ReachesEveryElementOnce) {
  const std::uint64_t n = GetParam();
  const RandomPermutation permutation(12, Role::kPermutation, 3, n);
  EXPECT_EQ(permutation.size(), n);
  std::vector<bool> reached(n);
  for (std::uint64_t i = 0; i < n; ++i) {
    const std::uint64_t j = permutation(i);
    ASSERT_LT(j, n);
    ASSERT_FALSE(reached[j]) << i << " and another go to " << j;
    reached[j] = true;
  }
}
INSTANTIATE_TEST_SUITE_P(Sizes, RandomPermutationTest,
                         testing::Values(0, 1, 2, 3, 4, 5, 7, 16, 17, 63, 64, 65, 255, 256, 257,
                                         1000, 4096, 4097, 65535, 65536, 65537, 130165));

// The network of the header's comment, one element after the other.
std::uint64_t WalkReference(std::uint64_t i, std::uint64_t n, std::uint64_t seed,
                            std::uint64_t step) {
  RandomStream stream(seed, Role::kPermutation, step, 0);
  std::array<std::uint32_t, 6> keys;
  for (auto& key : keys) key = stream.Next();
  int bits = 8;
  while (bits < 64 && (std::uint64_t{1} << bits) < n) bits += 2;
  const int half = bits / 2;
  const std::uint64_t mask = (std::uint64_t{1} << half) - 1;
  do {
    std::uint64_t left = i >> half, right = i & mask;
    for (const std::uint32_t key : keys) {
      auto x = static_cast<std::uint32_t>(right) ^ key;
      x = (x ^ (x >> 16)) * 0x85EBCA6Bu;
      x = (x ^ (x >> 13)) * 0xC2B2AE35u;
      x ^= x >> 16;
      const std::uint64_t next = left ^ (x & mask);
      left = right;
      right = next;
    }
    i = (left << half) | right;
  } while (i >= n);
  return i;
}

// What a seed means must never change.
TEST(RandomPermutationTest, IsTheNetworkThatItSays) {
  for (const std::uint64_t n : {std::uint64_t{1}, std::uint64_t{300}, std::uint64_t{115'700},
                                (std::uint64_t{1} << 32) + 5, ~std::uint64_t{0}}) {
    const RandomPermutation permutation(14, Role::kPermutation, 2, n);
    for (const std::size_t count : {0, 1, 2, 17, 255, 256, 257, 1000}) {
      std::vector<std::uint64_t> images(std::min<std::uint64_t>(count, n));
      const std::uint64_t first = (n - images.size()) / 2;
      permutation.Fill(first, images);
      for (std::size_t k = 0; k < images.size(); ++k) {
        ASSERT_EQ(images[k], WalkReference(first + k, n, 14, 2)) << k << " of " << count;
      }
    }
  }
}

TEST(RandomPermutationTest, HasNoCollisionInASampleOfAHugeDomain) {
  for (const std::uint64_t n :
       {(std::uint64_t{1} << 32) + 5, std::uint64_t{1} << 40, ~std::uint64_t{0}}) {
    const RandomPermutation permutation(13, Role::kPermutation, 0, n);
    std::set<std::uint64_t> images;
    for (std::uint64_t i = 0; i < 5000; ++i) {
      images.insert(permutation(i));
      images.insert(permutation(n - 1 - i));
    }
    EXPECT_EQ(images.size(), 10'000u);
    EXPECT_LT(*images.rbegin(), n);
  }
}

TEST(RandomPermutationTest, SendsAnElementAnywhereWithEqualProbability) {
  for (const std::uint64_t n : {2u, 3u, 7u, 16u, 100u, 1000u}) {
    for (const std::uint64_t element : {std::uint64_t{0}, n / 2, n - 1}) {
      std::vector<std::size_t> counts(n);
      for (std::uint64_t seed = 0; seed < 50'000; ++seed) {
        ++counts[RandomPermutation(seed, Role::kPermutation, 0, n)(element)];
      }
      SCOPED_TRACE(testing::Message() << "element " << element << " of " << n);
      ExpectUniform(counts);
    }
  }
}

// Few elements leave a cipher few rounds to mix: every one of their orders must still come equally.
TEST(RandomPermutationTest, EveryOrderOfFourElementsIsEquallyLikely) {
  std::map<std::vector<std::uint64_t>, std::size_t> orders;
  for (std::uint64_t seed = 0; seed < 100'000; ++seed) {
    const RandomPermutation permutation(seed, Role::kPermutation, 0, 4);
    ++orders[{permutation(0), permutation(1), permutation(2), permutation(3)}];
  }
  ASSERT_EQ(orders.size(), 24u);
  std::vector<std::size_t> counts;
  for (const auto& [order, count] : orders) counts.push_back(count);
  ExpectUniform(counts);
}

TEST(RandomPermutationTest, SendsPairsOfNeighboursAnywhereWithEqualProbability) {
  constexpr std::uint64_t kSize = 20;
  std::vector<std::size_t> counts(kSize * (kSize - 1));
  for (std::uint64_t step = 0; step < 100'000; ++step) {
    const RandomPermutation permutation(1, Role::kPermutation, step, kSize);
    const std::uint64_t first = permutation(4), second = permutation(5);
    ++counts[first * (kSize - 1) + second - (second > first)];
  }
  ExpectUniform(counts);
}

TEST(RandomPermutationTest, AnotherSeedRoleOrStepIsAnotherOrder) {
  constexpr std::uint64_t kSize = 1000;
  const RandomPermutation base(1, Role::kPermutation, 0, kSize);
  const auto shared = [&](const RandomPermutation& other) {
    int same = 0;
    for (std::uint64_t i = 0; i < kSize; ++i) same += base(i) == other(i);
    return same;
  };
  EXPECT_EQ(shared(RandomPermutation(1, Role::kPermutation, 0, kSize)), 1000);
  EXPECT_LT(shared(RandomPermutation(2, Role::kPermutation, 0, kSize)), 10);
  EXPECT_LT(shared(RandomPermutation(1, Role::kSplit, 0, kSize)), 10);
  EXPECT_LT(shared(RandomPermutation(1, Role::kPermutation, 1, kSize)), 10);
}

}  // namespace
}  // namespace derrd
