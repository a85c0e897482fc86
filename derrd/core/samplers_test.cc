#include "derrd/core/samplers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>
#include <vector>

namespace derrd {
namespace {

// The chi-squared statistic of counts against expected counts.
double ChiSquared(const std::vector<double>& counts, const std::vector<double>& expected) {
  double sum = 0.0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    sum += std::pow(counts[i] - expected[i], 2) / expected[i];
  }
  return sum;
}

// The value that chi-squared with this many degrees of freedom exceeds once in about 10^5 times
// (Wilson and Hilferty's approximation).
double Limit(double freedom) {
  const double a = 2.0 / (9.0 * freedom);
  return freedom * std::pow(1.0 - a + 4.265 * std::sqrt(a), 3);
}

TEST(NthUnobserved, CountsPastWhatIsObserved) {
  const std::vector<std::int32_t> observed{0, 1, 4, 7, 8};
  const std::vector<std::int32_t> rest{2, 3, 5, 6, 9};
  for (std::size_t r = 0; r < rest.size(); ++r) {
    EXPECT_EQ(NthUnobserved(observed, static_cast<std::uint32_t>(r)), rest[r]);
  }
  EXPECT_EQ(NthUnobserved({}, 3), 3);
}

TEST(NthUnobserved, IsWhatCountingFindsInListsOfAnyLength) {
  constexpr std::int32_t kItems = 60;
  RandomStream stream(1, Role::kTest, 0, 0);
  for (std::size_t length = 0; length < 40; ++length) {
    std::set<std::int32_t> chosen;
    while (chosen.size() < length) chosen.insert(static_cast<std::int32_t>(stream.Below(kItems)));
    const std::vector<std::int32_t> observed(chosen.begin(), chosen.end());
    std::uint32_t r = 0;
    for (std::int32_t item = 0; item < kItems; ++item) {
      if (chosen.contains(item)) continue;
      ASSERT_EQ(NthUnobserved(observed, r++), item) << length;
    }
  }
}

// Of any length, spread evenly or among the first items or the last.
TEST(NthUnobserved, OfManyListsIsThatOfEach) {
  RandomStream stream(1, Role::kTest, 0, 1);
  constexpr std::uint32_t kItems = 5000;
  for (const std::size_t lists : {0, 1, 15, 16, 17, 40, 255, 256, 257, 600}) {
    std::vector<std::vector<std::int32_t>> own(lists);
    std::vector<std::span<const std::int32_t>> observed;
    std::vector<std::uint32_t> r;
    for (auto& list : own) {
      const std::uint32_t longest = stream.Below(2) == 0 ? 40 : 1500;
      const std::uint32_t length = stream.Below(longest);  // none at times
      const std::uint32_t among = length + stream.Below(kItems - length) + 1;
      const std::uint32_t first = stream.Below(2) * (kItems - among);
      std::set<std::int32_t> chosen;
      while (chosen.size() < length) {
        chosen.insert(static_cast<std::int32_t>(first + stream.Below(among)));
      }
      list.assign(chosen.begin(), chosen.end());
      observed.emplace_back(list);
      r.push_back(stream.Below(kItems - length));
    }
    std::vector<std::int32_t> out(lists);
    NthUnobserved(observed, kItems, r, out);
    for (std::size_t l = 0; l < lists; ++l) EXPECT_EQ(out[l], NthUnobserved(observed[l], r[l]));
  }
}

TEST(SampleUnobserved, IsUniformAndNeverObserved) {
  const std::vector<std::int32_t> observed{0, 3, 4, 9, 17, 18, 19};
  std::vector<double> counts(20, 0.0);
  const int draws = 130000;
  for (int i = 0; i < draws; ++i) {
    RandomStream stream(1, Role::kNegative, 0, static_cast<std::uint64_t>(i));
    ++counts[static_cast<std::size_t>(SampleUnobserved(observed, 20, stream))];
  }
  for (const std::int32_t item : observed) EXPECT_EQ(counts[static_cast<std::size_t>(item)], 0.0);
  std::erase(counts, 0.0);
  ASSERT_EQ(counts.size(), 13u);
  EXPECT_LT(ChiSquared(counts, std::vector<double>(13, draws / 13.0)), Limit(12));
}

TEST(SampleUnobserved, FindsTheOnlyOneLeft) {
  const std::vector<std::int32_t> observed{0, 1, 3, 4};
  RandomStream stream(1, Role::kNegative, 0, 0);
  EXPECT_EQ(SampleUnobserved(observed, 5, stream), 2);
}

TEST(DistinctSampler, EverySubsetIsAsLikely) {
  // 3 of the 6 items {1, 2, 4, 6, 7, 9}: 20 subsets.
  const std::vector<std::int32_t> excluded{0, 3, 5, 8};
  DistinctSampler sampler(10);
  std::map<std::set<std::int32_t>, double> subsets;
  const int draws = 40000;
  for (int i = 0; i < draws; ++i) {
    RandomStream stream(2, Role::kUninteresting, 1, static_cast<std::uint64_t>(i));
    std::vector<std::int32_t> out(3);
    sampler.Sample(excluded, stream, out);
    for (const std::int32_t item : out) {
      ASSERT_FALSE(std::ranges::binary_search(excluded, item));
    }
    ++subsets[{out.begin(), out.end()}];
  }
  ASSERT_EQ(subsets.size(), 20u);
  std::vector<double> counts;
  for (const auto& [subset, count] : subsets) {
    ASSERT_EQ(subset.size(), 3u) << "a duplicate";
    counts.push_back(count);
  }
  EXPECT_LT(ChiSquared(counts, std::vector<double>(20, draws / 20.0)), Limit(19));
}

TEST(DistinctSampler, TakesAllWhenAllAreAskedFor) {
  const std::vector<std::int32_t> excluded{2, 5};
  DistinctSampler sampler(6);
  RandomStream stream(2, Role::kUninteresting, 0, 0);
  std::vector<std::int32_t> out(4);
  sampler.Sample(excluded, stream, out);
  std::ranges::sort(out);
  EXPECT_EQ(out, (std::vector<std::int32_t>{0, 1, 3, 4}));
  sampler.Sample(excluded, stream, std::span<std::int32_t>());
}

TEST(PositionSampler, FirstDrawFollowsTheWeights) {
  const std::size_t length = 12;
  const double temperature = 3.0;
  PositionSampler sampler(length, temperature);
  std::vector<double> counts(length, 0.0), expected(length);
  const int draws = 200000;
  for (int i = 0; i < draws; ++i) {
    RandomStream stream(3, Role::kInteresting, 0, static_cast<std::uint64_t>(i));
    ++counts[static_cast<std::size_t>(sampler.Sample(1, stream)[0])];
  }
  double sum = 0.0;
  for (std::size_t p = 0; p < length; ++p) sum += std::exp(-static_cast<double>(p) / temperature);
  for (std::size_t p = 0; p < length; ++p) {
    expected[p] = draws * std::exp(-static_cast<double>(p) / temperature) / sum;
  }
  EXPECT_LT(ChiSquared(counts, expected), Limit(length - 1));
}

// Without replacement: the chance of each set of three is that of drawing its members one after
// the other, in any order. draw(i) is the i-th set.
template <typename Draw>
void ExpectSuccessiveDraws(const std::vector<double>& weights, const Draw& draw) {
  const std::size_t length = weights.size();
  const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
  std::map<std::set<std::size_t>, double> expected;
  const int draws = 200000;
  for (std::size_t a = 0; a < length; ++a) {
    for (std::size_t b = 0; b < length; ++b) {
      for (std::size_t c = 0; c < length; ++c) {
        if (a == b || b == c || a == c) continue;
        expected[{a, b, c}] += draws * weights[a] / total * weights[b] / (total - weights[a]) *
                               weights[c] / (total - weights[a] - weights[b]);
      }
    }
  }
  std::map<std::set<std::size_t>, double> found;
  for (int i = 0; i < draws; ++i) {
    const auto positions = draw(i);
    ASSERT_TRUE(std::ranges::is_sorted(positions));
    const std::set<std::size_t> set(positions.begin(), positions.end());
    ASSERT_EQ(set.size(), 3u) << "a duplicate";
    ++found[set];
  }
  std::vector<double> counts, means;
  for (const auto& [set, mean] : expected) {
    means.push_back(mean);
    counts.push_back(found[set]);
  }
  EXPECT_LT(ChiSquared(counts, means), Limit(static_cast<double>(means.size()) - 1));
}

TEST(PositionSampler, SetsFollowSuccessiveDraws) {
  std::vector<double> weights(6);
  for (std::size_t p = 0; p < 6; ++p) weights[p] = std::exp(-static_cast<double>(p) / 2.0);
  PositionSampler sampler(6, 2.0);
  ExpectSuccessiveDraws(weights, [&](int i) {
    RandomStream stream(4, Role::kInteresting, 0, static_cast<std::uint64_t>(i));
    return sampler.Sample(3, stream);
  });
}

TEST(WeightedSampler, SetsFollowSuccessiveDraws) {
  const std::vector<double> weights{0.7, 0.1, 3.0, 0.02, 1.0, 0.4};
  std::vector<float> log_weights;
  for (const double weight : weights) log_weights.push_back(static_cast<float>(std::log(weight)));
  WeightedSampler sampler;
  ExpectSuccessiveDraws(weights, [&](int i) {
    RandomStream stream(6, Role::kStudentTop, 0, static_cast<std::uint64_t>(i));
    return sampler.Sample(log_weights, 3, stream);
  });
}

TEST(WeightedSampler, HugeRatiosLeaveNoChance) {
  const std::vector<float> log_weights{-80.0f, 80.0f, 0.0f, 80.0f};
  WeightedSampler sampler;
  RandomStream stream(6, Role::kStudentTop, 1, 0);
  const auto two = sampler.Sample(log_weights, 2, stream);
  EXPECT_EQ(std::vector<std::int32_t>(two.begin(), two.end()), (std::vector<std::int32_t>{1, 3}));
  EXPECT_EQ(sampler.Sample(log_weights, 4, stream).size(), 4u);
  EXPECT_TRUE(sampler.Sample(log_weights, 0, stream).empty());
}

TEST(PositionSampler, TakesAllWhenAllAreAskedFor) {
  PositionSampler sampler(5, 0.01);
  RandomStream stream(5, Role::kInteresting, 0, 0);
  const auto all = sampler.Sample(5, stream);
  EXPECT_EQ(std::vector<std::int32_t>(all.begin(), all.end()),
            (std::vector<std::int32_t>{0, 1, 2, 3, 4}));
  EXPECT_TRUE(sampler.Sample(0, stream).empty());
}

}  // namespace
}  // namespace derrd
