#include "derrd/serve/index.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>
#include <thread>
#include <vector>

#include "derrd/core/error.h"
#include "derrd/core/random.h"
#include "derrd/kernels/scan.h"
#include "derrd/kernels/test_targets.h"

namespace derrd {
namespace {

struct NotFiniteAt {
  std::size_t query;
  std::int32_t item;
};
void ThrowNotFinite(std::int32_t item, float) { throw NotFiniteAt{0, item}; }
void ThrowNotFiniteOf(std::size_t query, std::int32_t item, float) {
  throw NotFiniteAt{query, item};
}

enum class Kind { kNormal, kFewValues, kLongTailed, kZeros, kTiny };

Matrix<float> IndexRows(std::size_t rows, std::size_t width, Kind kind, std::uint64_t seed) {
  Matrix<float> table(rows, width);
  for (std::size_t r = 0; r < rows; ++r) {
    RandomStream random(seed, Role::kTest, width, r);
    const float length = kind == Kind::kLongTailed ? std::exp(2 * random.Normal()) : 1.0f;
    for (std::size_t c = 0; c < width; ++c) {
      float x = length * random.Normal();
      if (kind == Kind::kFewValues) x = static_cast<float>(random.Below(3)) - 1.0f;
      if (kind == Kind::kZeros) x = 0.0f;
      if (kind == Kind::kTiny) x *= 1e-20f;
      table(r, c) = x;
    }
  }
  return table;
}

// Sorts all that is left, by scores in the order of the numbers.
std::vector<ScoredItem> SlowFind(const Matrix<float>& rows, const IndexQuery& query) {
  std::vector<std::int32_t> items(rows.rows());
  std::iota(items.begin(), items.end(), 0);
  std::vector<float> scores(rows.rows());
  kernels::ScoreRows(query.row.data(), rows.data(), rows.cols(), items.data(), items.size(),
                     scores.data());
  const auto has = [](std::span<const std::int32_t> list, std::int32_t item) {
    return std::ranges::binary_search(list, item);
  };
  std::vector<ScoredItem> all;
  for (const std::int32_t item : items) {
    const auto& [seen, excluded, allowed] = query.filter;
    if (has(seen, item) || has(excluded, item)) continue;
    if (allowed != nullptr && !has(allowed->items(), item)) continue;
    all.push_back({item, scores[static_cast<std::size_t>(item)]});
  }
  std::ranges::stable_sort(all, std::ranges::greater(), &ScoredItem::score);
  all.resize(std::min(query.k, all.size()));
  return all;
}

std::vector<std::int32_t> Every(std::size_t step, std::size_t items, std::size_t from = 0) {
  std::vector<std::int32_t> chosen;
  for (std::size_t i = from; i < items; i += step) chosen.push_back(static_cast<std::int32_t>(i));
  return chosen;
}

// Queries with every kind of filter, alone and together, against sorting.
void ExpectExact(std::size_t items, std::size_t width, Kind kind, Precision precision) {
  SCOPED_TRACE(testing::Message() << items << " x " << width << " of kind "
                                  << static_cast<int>(kind) << " as " << Name(precision));
  const Matrix<float> rows = IndexRows(items, width, kind, 1);
  const Matrix<float> users = IndexRows(11, width, kind, 2);
  const ItemIndex index(rows, precision);
  const auto seen = Every(3, items), excluded = Every(7, items, 1), all = Every(1, items);
  const ItemSet half(items, Every(2, items)), few(items, Every(40, items, 5)), none(items, {});
  const std::vector<ItemFilter> filters = {{},
                                           {seen, {}, nullptr},
                                           {{}, excluded, nullptr},
                                           {seen, excluded, &half},
                                           {all, {}, nullptr},
                                           {{}, {}, &few},
                                           {seen, {}, &few},
                                           {{}, {}, &none}};
  const std::vector<std::size_t> counts = {1, 2, 10, 100, items, items + 5};
  std::vector<IndexQuery> queries;
  for (std::size_t u = 0; u < users.rows(); ++u) {
    for (std::size_t f = 0; f < filters.size(); ++f) {
      const std::size_t k = counts[(u + f) % counts.size()];
      queries.push_back({{users.row(u), width}, k, filters[f]});
    }
  }
  for (const std::size_t together :
       {std::size_t{1}, std::size_t{2}, std::size_t{7}, queries.size()}) {
    std::vector<std::vector<ScoredItem>> found(together);
    const auto asked = std::span(queries).first(together);
    index.FindAll(asked, found, ThrowNotFiniteOf);
    for (std::size_t q = 0; q < together; ++q) {
      EXPECT_EQ(found[q], SlowFind(rows, asked[q])) << "query " << q << " of " << together;
      EXPECT_EQ(found[q], index.Find(asked[q], ThrowNotFinite)) << "query " << q;
    }
  }
}

TEST(ItemIndex, IsExactForEveryShapeFilterAndInstructionSet) {
  OnEveryTarget([] {
    for (const Precision precision : {Precision::kFloat32, Precision::kInt8}) {
      for (const std::size_t items : {1, 63, 64, 65, 500}) {
        for (const std::size_t width : {1, 2, 5, 20, 33}) {
          ExpectExact(items, width, Kind::kNormal, precision);
        }
      }
      for (const Kind kind : {Kind::kFewValues, Kind::kLongTailed, Kind::kZeros, Kind::kTiny}) {
        ExpectExact(500, 5, kind, precision);
      }
      ExpectExact(3000, 200, Kind::kLongTailed, precision);  // several passes of a batch
    }
  });
}

TEST(ItemIndex, NoItems) {
  const Matrix<float> rows(0, 3);
  for (const Precision precision : {Precision::kFloat32, Precision::kInt8}) {
    const ItemIndex index(rows, precision);
    const std::vector<float> query{1, 2, 3};
    EXPECT_TRUE(index.Find({query, 10, {}}, ThrowNotFinite).empty());
  }
}

TEST(ItemIndex, NumbersSoLargeThatBoundsOverflow) {
  for (const Precision precision : {Precision::kFloat32, Precision::kInt8}) {
    Matrix<float> rows = IndexRows(200, 4, Kind::kLongTailed, 3);
    std::vector<float> query{1e30f, -2e30f, 5e29f, 1e30f};
    const ItemIndex index(rows, precision);
    const IndexQuery asked{query, 10, {}};
    EXPECT_EQ(index.Find(asked, ThrowNotFinite), SlowFind(rows, asked));
    for (float& x : rows.view().elements()) x *= 1e-25f;
    for (float& x : query) x *= 1e5f;
    const ItemIndex small(rows, precision);
    EXPECT_EQ(small.Find(asked, ThrowNotFinite), SlowFind(rows, asked));
  }
}

TEST(ItemIndex, AScoreThatIsNotFiniteIsComplainedAboutUnlessItIsLeftOut) {
  constexpr float kLargest = std::numeric_limits<float>::max();
  for (const Precision precision : {Precision::kFloat32, Precision::kInt8}) {
    for (const float bad : {kLargest, -kLargest}) {
      Matrix<float> rows = IndexRows(200, 4, Kind::kNormal, 4);
      rows(150, 0) = rows(150, 1) = bad;
      const ItemIndex index(rows, precision);
      const std::vector<float> query{1, 1, 0, 0}, harmless{0, 0, 1, 1}, wrong{NAN, 0, 0, 0};
      // What is lowest shows only where it would have to be answered.
      EXPECT_THROW(index.Find({query, 200, {}}, ThrowNotFinite), NotFiniteAt);
      EXPECT_THROW(index.Find({wrong, 3, {}}, ThrowNotFinite), NotFiniteAt);
      const std::vector<std::int32_t> left_out{150};
      const IndexQuery without{query, 3, {{}, left_out, nullptr}};
      EXPECT_EQ(index.Find(without, ThrowNotFinite).size(), 3u);
      const std::vector<IndexQuery> batch{{harmless, 3, {}}, without, {query, 200, {}}};
      std::vector<std::vector<ScoredItem>> found(3);
      try {
        index.FindAll(batch, found, ThrowNotFiniteOf);
        FAIL();
      } catch (const NotFiniteAt& at) {
        EXPECT_EQ(at.query, 2u);
        EXPECT_EQ(at.item, 150);
      }
    }
  }
}

TEST(ItemIndex, ManyThreadsMayAskAtOnce) {
  const Matrix<float> rows = IndexRows(700, 16, Kind::kNormal, 5);
  const Matrix<float> users = IndexRows(40, 16, Kind::kNormal, 6);
  for (const Precision precision : {Precision::kFloat32, Precision::kInt8}) {
    const ItemIndex index(rows, precision);
    std::vector<std::vector<ScoredItem>> found(users.rows());
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < 8; ++t) {
      threads.emplace_back([&, t] {
        for (std::size_t u = t; u < users.rows(); u += 8) {
          found[u] = index.Find({{users.row(u), 16}, 10, {}}, ThrowNotFinite);
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    for (std::size_t u = 0; u < users.rows(); ++u) {
      EXPECT_EQ(found[u], SlowFind(rows, {{users.row(u), 16}, 10, {}}));
    }
  }
}

TEST(ItemIndex, ReadsAQuarterOfTheBytesAsInt8) {
  const Matrix<float> rows = IndexRows(6400, 32, Kind::kNormal, 7);
  EXPECT_EQ(ItemIndex(rows, Precision::kFloat32).table_bytes(), 6400u * 128);
  EXPECT_EQ(ItemIndex(rows, Precision::kInt8).table_bytes(), 6400u * 36);
}

// The int8 bound passes over nearly everything: otherwise it would be exact and slow.
TEST(Int8Table, FewItemsReachTheTenthBestByTheirBound) {
  const Matrix<float> rows = IndexRows(20000, 32, Kind::kNormal, 8);
  const Int8Table table(rows, Every(1, 20000));
  for (std::size_t u = 0; u < 20; ++u) {
    const Matrix<float> user = IndexRows(1, 32, Kind::kNormal, 100 + u);
    const std::span<const float> row(user.data(), 32);
    const float tenth = SlowFind(rows, {row, 10, {}}).back().score;
    const auto prepared = table.Prepare(row);
    std::size_t reached = 0;
    for (std::size_t block = 0; block < kernels::Blocks(20000); ++block) {
      std::uint64_t above = 0;
      if (table.Scan(prepared, block, block + 1, tenth, &above) == block) {
        reached += static_cast<std::size_t>(std::popcount(above));
      }
    }
    EXPECT_GE(reached, 9u);
    EXPECT_LE(reached, 60u);
  }
}

TEST(ItemSet, HoldsWhatItWasGiven) {
  const std::vector<std::int32_t> items{70, 3, 3, 64, 0};
  const ItemSet set(71, items);
  EXPECT_EQ(std::vector(set.items().begin(), set.items().end()),
            (std::vector<std::int32_t>{0, 3, 64, 70}));
  for (std::int32_t i = 0; i < 71; ++i) {
    EXPECT_EQ(set.Contains(i), std::ranges::find(items, i) != items.end());
  }
  for (const std::int32_t wrong : {-1, 71}) {
    EXPECT_THROW(ItemSet(71, std::vector<std::int32_t>{wrong}), Error);
  }
  const ItemSet other(71, std::vector<std::int32_t>{64, 1, 70, 2});
  const ItemSet both = Intersection(set, other), none = Intersection(set, ItemSet(71, {}));
  EXPECT_EQ(std::vector(both.items().begin(), both.items().end()),
            (std::vector<std::int32_t>{64, 70}));
  EXPECT_FALSE(both.Contains(3));
  EXPECT_EQ(none.size(), 0u);
  EXPECT_EQ(none.item_count(), 71u);
}

}  // namespace
}  // namespace derrd
