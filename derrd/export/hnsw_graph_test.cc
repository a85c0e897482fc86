#include "derrd/export/hnsw_graph.h"

#define NO_MANUAL_VECTORIZATION  // as in hnsw_graph.cc
#include <gtest/gtest.h>
#include <hnswlib/hnswlib.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <set>
#include <string>

#include "derrd/core/test_folder.h"

namespace derrd {
namespace {

Matrix<float> NormalRows(std::size_t rows, std::size_t width, unsigned seed) {
  std::mt19937 draw(seed);
  std::normal_distribution<float> normal;
  Matrix<float> result(rows, width);
  for (float& value : result.view().elements()) value = normal(draw);
  return result;
}

void Ignore(std::size_t) {}

class HnswGraphTest : public testing::Test {
 protected:
  std::string Write(const HnswGraph& graph, const std::string& name) const {
    OutputFile file(folder_ / name);
    graph.WriteTo(file);
    file.Commit();
    return folder_ / name;
  }

  const TestFolder folder_;
};

TEST_F(HnswGraphTest, HnswlibReadsItAndWritesTheSameBytes) {
  for (const std::size_t count : {1u, 2u, 1500u}) {
    constexpr std::size_t kWidth = 13;
    const Matrix<float> rows = NormalRows(count, kWidth, 1);
    const HnswGraph graph(rows, {.m = 5, .ef_construction = 40}, 3, Ignore);
    const std::string path = Write(graph, "ours");
    hnswlib::InnerProductSpace space(kWidth);
    hnswlib::HierarchicalNSW<float> read(&space, path);
    read.saveIndex(folder_ / "theirs");
    EXPECT_EQ(ReadTextFile(path), ReadTextFile(folder_ / "theirs"));

    constexpr std::size_t kEf = 30;
    const std::size_t k = std::min<std::size_t>(count, 10);
    read.setEf(kEf);
    auto theirs = read.searchKnn(rows.row(0), k);
    std::set<std::size_t> labels;
    for (; !theirs.empty(); theirs.pop()) labels.insert(theirs.top().second);
    const auto ours = graph.Search({rows.row(0), kWidth}, k, kEf);
    EXPECT_EQ(std::set<std::size_t>(ours.begin(), ours.end()), labels);
    EXPECT_EQ(labels.size(), k);
  }
}

TEST_F(HnswGraphTest, TheSameRowsAndSeedAreTheSameBytes) {
  const Matrix<float> rows = NormalRows(400, 8, 2);
  const auto bytes = [&](std::uint64_t seed) {
    return ReadTextFile(Write(HnswGraph(rows, {}, seed, Ignore), "graph"));
  };
  const std::string first = bytes(0);
  EXPECT_TRUE(bytes(0) == first);
  EXPECT_FALSE(bytes(1) == first);
}

TEST_F(HnswGraphTest, FindsNearlyAllOfTheExactTop) {
  const Matrix<float> users = NormalRows(100, 16, 4), items = NormalRows(1500, 16, 5);
  const FactorView factors{users, items};
  std::size_t last = 0;
  const HnswGraph graph(items, {}, 0, [&](std::size_t done) { last = done; });
  EXPECT_EQ(last, items.rows());
  const double wide = HnswRecall(graph, factors, 10, 200, 100);
  const double narrow = HnswRecall(graph, factors, 10, 10, 100);
  EXPECT_GE(wide, 0.97);
  EXPECT_LE(wide, 1.0);
  EXPECT_LT(narrow, wide);
  const HnswGraph of_others(NormalRows(1500, 16, 6), {}, 0, Ignore);
  EXPECT_LT(HnswRecall(of_others, factors, 10, 200, 100), 0.1);
}

TEST_F(HnswGraphTest, FewerItemsThanAreAskedForAreAllFound) {
  const Matrix<float> users = NormalRows(3, 4, 7), items = NormalRows(6, 4, 8);
  const HnswGraph graph(items, {.m = 2, .ef_construction = 4}, 0, Ignore);
  EXPECT_EQ(HnswRecall(graph, {users, items}, 10, 100, 200), 1.0);
}

}  // namespace
}  // namespace derrd
