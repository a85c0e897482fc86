#include "derrd/data/embeddings.h"

#include <cmath>
#include <string>
#include <vector>

#include "derrd/data/test_files.h"
#include "derrd/data/test_npy.h"

namespace derrd {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

const Ids kThreeIds(std::vector<std::string>{"a", "b", "c"});
const Entities kThreeItems{"item", kThreeIds, "set.derrd"};
const RowOrder kMixedOrder{{2, kNobody, 0, 1}, {2, 3, 0}, {}};

class EmbeddingsTest : public testing::Test {
 protected:
  Matrix<float> Read(const std::vector<float>& numbers, std::size_t width) const {
    const std::string path = folder_.Write("i.npy", NpyTable("<f4", numbers, 2));
    return ReadEmbeddings(NumberTable::Open(path, ""), kMixedOrder, kThreeItems, width,
                          [](std::size_t) {});
  }
  const TemporaryFolder folder_;
};

TEST_F(EmbeddingsTest, RowsComeInTheDataSetsOrderFilledUpWithZeros) {
  const Matrix<float> rows = Read({1, 2, 3, 4, 5, 6, 7, 8}, 3);
  EXPECT_THAT(rows.view().elements(), ElementsAre(5, 6, 0, 7, 8, 0, 1, 2, 0));
}

TEST_F(EmbeddingsTest, NumbersThatAreNotFiniteAreFound) {
  for (const float bad : {NAN, INFINITY, -INFINITY}) {
    EXPECT_THAT(
        MessageOf([&] {
          Read({1, 2, 3, 4, 5, 6, 7, bad}, 2);
        }),
        AllOf(HasSubstr("i.npy: row 3 (from 0), of item 'b', holds"), HasSubstr("in column 1")));
  }
  EXPECT_NO_THROW(Read({1, 2, NAN, 4, 5, 6, 7, 8}, 2));  // of nobody
}

TEST_F(EmbeddingsTest, WholeNumbersAreRefused) {
  const std::string path = folder_.Write("i.npy", NpyTable<std::int32_t>("<i4", {1, 2, 3, 4}, 1));
  EXPECT_THAT(MessageOf([&] {
                ReadEmbeddings(NumberTable::Open(path, ""), kMixedOrder, kThreeItems, 1,
                               [](std::size_t) {});
              }),
              HasSubstr("floating-point"));
}

TEST_F(EmbeddingsTest, NormalisedRowsHaveALengthOfOne) {
  Matrix<float> rows = Read({3, 4, 0, 0, 1e30f, 0, 1e-20f, 1e-20f}, 2);
  Normalise(rows, kThreeItems);
  const auto root = static_cast<float>(std::sqrt(0.5));
  EXPECT_THAT(rows.view().elements(), ElementsAre(1, 0, root, root, 0.6f, 0.8f));
  rows(1, 0) = rows(1, 1) = 0.0f;
  EXPECT_THAT(MessageOf([&] { Normalise(rows, kThreeItems); }),
              AllOf(HasSubstr("item 'b'"), HasSubstr("all zeros")));
}

}  // namespace
}  // namespace derrd
