#include "derrd/kernels/scan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "derrd/kernels/scan_int8.h"
#include "derrd/kernels/test_targets.h"

namespace derrd::kernels {
namespace {

constexpr float kNone = std::numeric_limits<float>::infinity();

// Rows as they lie in a file, and the same in blocks.
struct ScanTable {
  std::size_t items, width;
  std::vector<float> rows;
  std::vector<float> blocks;

  ScanTable(std::size_t item_count, std::size_t numbers) : items(item_count), width(numbers) {
    std::mt19937 engine(static_cast<unsigned>(items * 1000 + width));
    std::normal_distribution<float> normal;
    rows.resize(items * width);
    for (float& x : rows) x = normal(engine);
    blocks.resize(Blocks(items) * kBlockItems * width);
    for (std::size_t b = 0; b < Blocks(items); ++b) {
      PackBlock(rows.data() + b * kBlockItems * width, width,
                std::min(kBlockItems, items - b * kBlockItems),
                blocks.data() + b * kBlockItems * width);
    }
  }
  double Score(const float* query, std::size_t item) const {
    double sum = 0.0;
    for (std::size_t c = 0; c < width; ++c) {
      sum += static_cast<double>(query[c]) * static_cast<double>(rows[item * width + c]);
    }
    return sum;
  }
};

std::vector<float> ScanQuery(std::size_t width, unsigned seed) {
  std::mt19937 engine(seed);
  std::normal_distribution<float> normal;
  std::vector<float> query(width);
  for (float& x : query) x = normal(engine);
  return query;
}

// What ScanBlocks finds from one block to the next: the items, and their scores.
std::vector<std::pair<std::size_t, float>> AllAbove(const ScanTable& table, const float* query,
                                                    float threshold) {
  std::vector<std::pair<std::size_t, float>> found;
  BlockHits hits;
  const std::size_t end = Blocks(table.items);
  std::size_t block = 0;
  while ((block = ScanBlocks(table.blocks.data(), table.width, block, end, query, threshold,
                             &hits)) < end) {
    EXPECT_NE(hits.above, 0u);
    for (std::size_t i = 0; i < kBlockItems; ++i) {
      if ((hits.above >> i & 1) == 0) continue;
      EXPECT_GT(hits.scores[i], threshold);
      found.emplace_back(block * kBlockItems + i, hits.scores[i]);
    }
    ++block;
  }
  return found;
}

const std::vector<std::size_t> kScanWidths = {1, 2, 3, 7, 16, 20, 33, 200};
const std::vector<std::size_t> kScanItems = {1, 15, 63, 64, 65, 300};

TEST(Scan, FindsWhatIsAboveAndMissingItemsScoreZero) {
  OnEveryTarget([] {
    for (const std::size_t width : kScanWidths) {
      const auto query = ScanQuery(width, 3);
      for (const std::size_t items : kScanItems) {
        const ScanTable table(items, width);
        const auto all = AllAbove(table, query.data(), -kNone);
        ASSERT_EQ(all.size(), Blocks(items) * kBlockItems);
        for (const auto& [item, score] : all) {
          const double expected = item < items ? table.Score(query.data(), item) : 0.0;
          EXPECT_NEAR(static_cast<double>(score), expected, 1e-5 * static_cast<double>(width + 4));
        }
        for (const float threshold : {-0.5f, 0.0f, 1.5f, all[0].second, kNone}) {
          std::vector<std::pair<std::size_t, float>> expected;
          std::ranges::copy_if(all, std::back_inserter(expected),
                               [&](const auto& hit) { return hit.second > threshold; });
          EXPECT_EQ(AllAbove(table, query.data(), threshold), expected) << items << "x" << width;
        }
      }
    }
  });
}

TEST(Scan, SeveralQueriesAndSingleRowsHaveTheSameBits) {
  OnEveryTarget([] {
    for (const std::size_t width : kScanWidths) {
      const ScanTable table(300, width);
      std::vector<float> queries(width * kTileQueries);
      std::vector<std::vector<float>> single;
      for (unsigned q = 0; q < kTileQueries; ++q) {
        single.push_back(ScanQuery(width, q));
        for (std::size_t c = 0; c < width; ++c) queries[c * kTileQueries + q] = single[q][c];
      }
      const float thresholds[kTileQueries] = {-kNone, 0.0f, 1.0f, 3.0f, kNone, -1.0f};
      std::vector<std::pair<std::size_t, float>> found[kTileQueries];
      BlockHits hits[kTileQueries];
      for (std::size_t block = 0; block < Blocks(table.items); ++block) {
        // The first query has hits everywhere, so no block is passed over.
        ASSERT_EQ(ScanBlocksTile(table.blocks.data(), width, block, Blocks(table.items),
                                 queries.data(), thresholds, hits),
                  block);
        for (std::size_t q = 0; q < kTileQueries; ++q) {
          for (std::size_t i = 0; i < kBlockItems; ++i) {
            if ((hits[q].above >> i & 1) == 0) continue;
            found[q].emplace_back(block * kBlockItems + i, hits[q].scores[i]);
          }
        }
      }
      for (std::size_t q = 0; q < kTileQueries; ++q) {
        EXPECT_EQ(found[q], AllAbove(table, single[q].data(), thresholds[q])) << q;
      }
      const float nothing[kTileQueries] = {kNone, kNone, kNone, kNone, kNone, kNone};
      EXPECT_EQ(ScanBlocksTile(table.blocks.data(), width, 0, Blocks(table.items), queries.data(),
                               nothing, hits),
                Blocks(table.items));

      const auto all = AllAbove(table, single[0].data(), -kNone);
      for (const std::size_t count : {0, 1, 3, 4, 5, 37}) {
        std::vector<std::int32_t> items(count);
        for (std::size_t i = 0; i < count; ++i) items[i] = static_cast<std::int32_t>(i * 71 % 300);
        std::vector<float> scores(count + 1, -9.0f);
        ScoreRows(single[0].data(), table.rows.data(), width, items.data(), count, scores.data());
        for (std::size_t i = 0; i < count; ++i) {
          EXPECT_EQ(scores[i], all[static_cast<std::size_t>(items[i])].second);
        }
        EXPECT_EQ(scores[count], -9.0f);
      }
    }
  });
}

TEST(ScanInt8, BoundsAreWhatTheirFormulaSays) {
  OnEveryTarget([] {
    for (const std::size_t width : {1, 3, 4, 5, 32, 33, 200, 300}) {
      const std::size_t items = 200, padded = 4 * Int8Groups(width);
      std::mt19937 engine(static_cast<unsigned>(width));
      // The extremes too: they are where sums of 16 bits would overflow.
      std::uniform_int_distribution<int> any(-127, 127), end(0, 1);
      const auto draw = [&](std::size_t item) {
        return item % 3 == 0 ? 254 * end(engine) - 127 : any(engine);
      };
      std::vector<std::uint8_t> blocks(Blocks(items) * Int8BlockBytes(width), 128);
      std::vector<float> scales(Blocks(items) * kBlockItems, 1.0f);
      std::vector<std::int8_t> numbers(padded);
      std::int32_t start = 0;
      for (std::size_t c = 0; c < width; ++c) {
        numbers[c] = static_cast<std::int8_t>(draw(0));
        start -= 128 * numbers[c];
      }
      std::vector<std::int64_t> sums(items);
      for (std::size_t i = 0; i < items; ++i) {
        scales[i] = 1.0f / static_cast<float>(1 << i % 3);
        for (std::size_t c = 0; c < width; ++c) {
          const int number = i == 1 ? numbers[c] : draw(i);  // one is as high as can be
          blocks[i / kBlockItems * Int8BlockBytes(width) +
                 (c / 4 * kBlockItems + i % kBlockItems) * 4 + c % 4] =
              static_cast<std::uint8_t>(number + 128);
          sums[i] += number * numbers[c];
        }
      }
      const Int8Query query{numbers.data(), start, 0.5f, 3.0f, 0.25f};
      const auto bound = [&](std::size_t i) {
        const double sum = i < items ? static_cast<double>(sums[i]) : 0.0;
        return static_cast<double>(scales[i]) * (0.5 * sum + 3.0) + 0.25;  // exact in float32, too
      };
      for (const std::size_t at : {0, 1, 77, 199}) {
        const auto threshold = static_cast<float>(bound(at));
        std::size_t block = 0;
        for (std::size_t b = 0; b < Blocks(items); ++b) {
          std::uint64_t expected = 0, above = 0;
          for (std::size_t i = 0; i < kBlockItems; ++i) {
            const bool is_above = bound(b * kBlockItems + i) > static_cast<double>(threshold);
            expected |= std::uint64_t{is_above} << i;
          }
          block = ScanBlocksInt8(blocks.data(), scales.data(), width, b, b + 1, query, threshold,
                                 &above);
          EXPECT_EQ(block, expected == 0 ? b + 1 : b);
          EXPECT_EQ(above, expected) << width;
        }
      }
    }
  });
}

}  // namespace
}  // namespace derrd::kernels
