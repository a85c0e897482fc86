// Tests of made-up interactions: against the law that they are drawn from.
#include "derrd/data/synthetic.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "derrd/data/test_files.h"

namespace derrd {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

SyntheticOptions Small() {
  SyntheticOptions options;
  options.users = 1500;  // several tasks
  options.items = 400;
  options.interactions = 40'000;
  options.seed = 3;
  return options;
}

OwnedInteractions DrawAll(const SyntheticOptions& options, int threads = 2) {
  return SyntheticWorld(options).Draw(Parallel(threads));
}

std::size_t CountOf(const OwnedInteractions& all, std::size_t user) {
  return all.view().Of(user).size();
}

TEST(SyntheticTest, AsManyAsAskedForAscendingDistinctAndInRange) {
  SyntheticOptions options = Small();
  for (const double spread : {0.0, 1.0, 5.0}) {
    for (const std::uint64_t interactions : {4500u, 4501u, 40'000u, 599'999u, 600'000u}) {
      options.activity_spread = spread;
      options.interactions = interactions;
      const OwnedInteractions all = DrawAll(options);
      ASSERT_EQ(all.items.size(), interactions);
      ASSERT_EQ(all.view().users(), options.users);
      ASSERT_EQ(all.offsets.back(), static_cast<std::int64_t>(interactions));
      for (std::size_t u = 0; u < options.users; ++u) {
        const auto items = all.view().Of(u);
        ASSERT_GE(items.size(), options.least);
        ASSERT_TRUE(std::ranges::is_sorted(items, std::less_equal<>())) << "distinct";
        ASSERT_GE(items.front(), 0);
        ASSERT_LT(items.back(), 400);
      }
    }
  }
}

TEST(SyntheticTest, TheSameBitsAtAnyNumberOfThreadsAndOthersWithAnotherSeed) {
  SyntheticOptions options = Small();
  const OwnedInteractions expected = DrawAll(options, 1);
  for (const int threads : {2, 3, 8}) {
    const OwnedInteractions all = DrawAll(options, threads);
    EXPECT_EQ(all.offsets, expected.offsets);
    EXPECT_EQ(all.items, expected.items);
  }
  ++options.seed;
  EXPECT_NE(DrawAll(options).items, expected.items);
}

TEST(SyntheticTest, ActivityIsLogNormalAboveTheLeast) {
  SyntheticOptions options = Small();
  options.users = 5'000;
  options.items = 1'000'000;
  options.interactions = 5'000'000;
  options.item_exponent = 0;
  options.activity_spread = 0.5;
  const OwnedInteractions all = DrawAll(options);
  double sum = 0, squares = 0;
  for (std::size_t u = 0; u < options.users; ++u) {
    const double log_count = std::log(static_cast<double>(CountOf(all, u) - options.least));
    sum += log_count;
    squares += log_count * log_count;
  }
  const double n = static_cast<double>(options.users);
  EXPECT_NEAR(std::sqrt(squares / n - sum / n * sum / n), 0.5, 0.02);
  options.activity_spread = 0;
  options.interactions = 5'000 * 7 + 5;
  const OwnedInteractions even = DrawAll(options);
  for (std::size_t u = 0; u < options.users; ++u) EXPECT_EQ(CountOf(even, u), u < 5 ? 8u : 7u);
}

// The probability of each item to be among the first `draws` of successive draws without
// replacement, by going through every order.
void AddInclusion(const std::vector<double>& weights, std::size_t draws, double probability,
                  std::vector<bool>& taken, std::vector<double>& inclusion) {
  if (draws == 0) {
    for (std::size_t i = 0; i < weights.size(); ++i) inclusion[i] += taken[i] ? probability : 0;
    return;
  }
  double left = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) left += taken[i] ? 0 : weights[i];
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (taken[i]) continue;
    taken[i] = true;
    AddInclusion(weights, draws - 1, probability * weights[i] / left, taken, inclusion);
    taken[i] = false;
  }
}

// How often users have each item, against every order of draws, for few draws (almost all by
// rejection) and for many of a steep popularity (almost all by the race).
TEST(SyntheticTest, ItemsAreDrawnAsTheLawSays) {
  SyntheticOptions options;
  options.users = 10'000;
  options.items = 7;
  options.latent_width = 3;
  options.activity_spread = 0;
  for (const double exponent : {0.0, 1.0, 4.0}) {
    for (const std::size_t draws : {1u, 2u, 5u}) {
      options.item_exponent = exponent;
      options.least = draws;
      options.interactions = options.users * draws;
      const SyntheticWorld world(options);
      std::vector<double> expected(7, 0), found(7, 0), variance(7, 0);
      std::vector<float> taste(3);
      for (std::size_t u = 0; u < options.users; ++u) {
        world.Taste(u, taste);
        std::vector<double> weights(7), inclusion(7, 0);
        for (std::size_t i = 0; i < 7; ++i) {
          const auto topic = static_cast<std::size_t>(world.Topic(i));
          weights[i] = std::exp(world.LogPopularity(i) +
                                options.strength * static_cast<double>(taste[topic]));
        }
        if (draws == 5 && u >= 500) break;  // 2,520 orders each
        std::vector<bool> taken(7, false);
        AddInclusion(weights, draws, 1, taken, inclusion);
        for (std::size_t i = 0; i < 7; ++i) {
          expected[i] += inclusion[i];
          variance[i] += inclusion[i] * (1 - inclusion[i]);
        }
      }
      const OwnedInteractions all = world.Draw(Parallel(2));
      const std::size_t users = draws == 5 ? 500 : options.users;
      for (std::size_t u = 0; u < users; ++u) {
        for (const std::int32_t item : all.view().Of(u)) ++found[static_cast<std::size_t>(item)];
      }
      for (std::size_t i = 0; i < 7; ++i) {
        EXPECT_NEAR(found[i], expected[i], 4 * std::sqrt(variance[i]) + 1e-6)
            << "item " << i << ", exponent " << exponent << ", draws " << draws;
      }
    }
  }
}

// Without taste, the first draws of the users follow the popularity to the letter.
TEST(SyntheticTest, TheTailIsAsLongAsTheExponentSays) {
  SyntheticOptions options;
  options.users = options.interactions = 200'000;
  options.least = 1;
  options.items = 10'000;
  options.strength = 0;
  for (const double exponent : {0.8, 1.2}) {
    options.item_exponent = exponent;
    const SyntheticWorld world(options);
    const double threshold = -exponent * std::log(100.5);  // the hundred most popular are above
    double share = 0, top = 0, all = 0;
    for (const std::int32_t item : world.Draw(Parallel(2)).items) {
      share += world.LogPopularity(static_cast<std::size_t>(item)) > threshold ? 1.0 / 200'000 : 0;
    }
    for (std::size_t rank = 1; rank <= options.items; ++rank) {
      const double weight = std::pow(static_cast<double>(rank), -exponent);
      all += weight;
      top += rank <= 100 ? weight : 0;
    }
    EXPECT_NEAR(share, top / all, 0.005) << "four deviations; exponent " << exponent;
    EXPECT_GT(share, 0.25) << "of one item in a hundred";
  }
}

TEST(SyntheticTest, UsersMeetTheTopicsTheyLike) {
  const SyntheticOptions options = Small();
  const SyntheticWorld world(options);
  const OwnedInteractions all = world.Draw(Parallel(2));
  std::vector<double> size(options.latent_width, 0);
  for (std::size_t i = 0; i < options.items; ++i) ++size[static_cast<std::size_t>(world.Topic(i))];
  double of_favourite = 0, by_chance = 0;
  std::vector<float> taste(options.latent_width);
  for (std::size_t u = 0; u < options.users; ++u) {
    world.Taste(u, taste);
    const auto favourite = std::ranges::max_element(taste) - taste.begin();
    const auto items = all.view().Of(u);
    by_chance +=
        static_cast<double>(items.size()) * size[static_cast<std::size_t>(favourite)] / 400;
    of_favourite += static_cast<double>(std::ranges::count(items, favourite, [&](std::int32_t i) {
      return world.Topic(static_cast<std::size_t>(i));
    }));
  }
  EXPECT_GT(of_favourite, 3 * by_chance);
}

TEST(SyntheticTest, ExtremesAreDrawnOrRefused) {
  SyntheticOptions options;
  options.users = options.items = options.interactions = options.least = 1;
  EXPECT_THAT(DrawAll(options).items, ElementsAre(0));
  options.latent_width = 4096;  // nearly all topics are empty
  options.strength = 100;
  options.item_exponent = 10;
  EXPECT_THAT(DrawAll(options).items, ElementsAre(0));
  options.items = 4;
  options.interactions = 4;
  EXPECT_THAT(DrawAll(options).items, ElementsAre(0, 1, 2, 3));
  options.interactions = 5;
  EXPECT_THAT(MessageOf<UsageError>([&] { DrawAll(options); }),
              AllOf(HasSubstr("--interactions 5"), HasSubstr("4 pairs")));
  options.users = 6;
  EXPECT_THAT(MessageOf<UsageError>([&] { DrawAll(options); }),
              AllOf(HasSubstr("--interactions 5"), HasSubstr("at least 1 each have 6")));
  options.least = 5;
  EXPECT_THAT(MessageOf<UsageError>([&] { DrawAll(options); }), HasSubstr("--items"));
  options = {};
  options.strength = std::nan("");
  EXPECT_THAT(MessageOf<UsageError>([&] { DrawAll(options); }), HasSubstr("--strength nan"));
}

TEST(SyntheticTest, ADataSetAndLinesHoldTheSameInteractions) {
  const TemporaryFolder folder;
  SyntheticOptions options = Small();
  options.interactions = 6000;
  const SyntheticWorld world(options);
  HoldOutOptions hold_out;
  hold_out.negatives = 20;
  WriteDataset(MakeSyntheticDataset(world, hold_out, Parallel(2)), folder.Path("a.derrd"));
  const Dataset dataset = Dataset::Open(folder.Path("a.derrd"));
  EXPECT_EQ(dataset.protocol(), Protocol::kSampled);
  EXPECT_EQ(dataset.candidates().size(), 1500u * 20);
  EXPECT_EQ(dataset.user_ids()[1499], "1499");
  EXPECT_EQ(dataset.metadata().at("synthetic.latent_width"), "16");

  const OwnedInteractions all = world.Draw(Parallel(1));
  std::string expected;
  for (std::size_t u = 0; u < options.users; ++u) {
    std::vector<std::int32_t> items;
    for (const auto* split : {&dataset.train(), &dataset.valid(), &dataset.test()}) {
      items.insert(items.end(), split->Of(u).begin(), split->Of(u).end());
    }
    std::ranges::sort(items);
    ASSERT_TRUE(std::ranges::equal(items, all.view().Of(u)));
    for (const std::int32_t item : items) expected += fmt::format("{}\t{}\n", u, item);
  }
  WriteInteractions(all.view(), folder.Path("a.tsv"));
  EXPECT_EQ(ReadAll(folder.Path("a.tsv")), expected);
}

TEST(SyntheticTest, TheTruthIsTheLaw) {
  const TemporaryFolder folder;
  const SyntheticWorld world(Small());
  world.WriteTruth(folder.Path("truth"), Parallel(2));
  const auto file = SafetensorsFile::OpenKind(folder.Path("truth"), "truth");
  EXPECT_EQ(file->metadata().at("synthetic.strength"), "2");
  const auto tastes = file->MatrixOf<float>("user_taste");
  std::vector<float> taste(16);
  world.Taste(1234, taste);
  EXPECT_TRUE(std::ranges::equal(std::span(tastes.row(1234), 16), taste));
  EXPECT_EQ(file->Elements<std::int32_t>("item_topic")[77], world.Topic(77));
  const auto popularities = file->Elements<double>("item_log_popularity");
  EXPECT_EQ(popularities[77], world.LogPopularity(77));
  // Every rank is somebody's.
  std::vector<double> sorted(popularities.begin(), popularities.end());
  std::ranges::sort(sorted, std::greater<>());
  for (std::size_t r = 0; r < sorted.size(); ++r) {
    EXPECT_DOUBLE_EQ(sorted[r], -std::log(static_cast<double>(r + 1)));
  }
}

}  // namespace
}  // namespace derrd
