#include "derrd/export/row_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "derrd/core/error.h"
#include "derrd/core/test_folder.h"
#include "derrd/data/npy.h"

namespace derrd {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(RowFilesTest, RowsComeBackBitByBit) {
  const TestFolder folder;
  for (const std::size_t rows : {0u, 1u, 3u}) {
    Matrix<float> table(rows, 5);
    for (std::size_t i = 0; i < table.size(); ++i) table.data()[i] = 0.1f * static_cast<float>(i);
    if (rows > 0) table(0, 1) = -std::numeric_limits<float>::denorm_min();
    OutputFile file(folder / "rows.npy");
    WriteNpy(table, file);
    file.Commit();
    const MappedFile mapped(folder / "rows.npy");
    const NpyArray array = ReadNpy(mapped);
    EXPECT_EQ(array.dtype, DType::kF32);
    EXPECT_THAT(array.shape, ElementsAre(rows, 5));
    EXPECT_TRUE(std::ranges::equal(array.bytes, std::as_bytes(table.view().elements())));
    EXPECT_EQ((mapped.bytes().size() - array.bytes.size()) % 64, 0u);
  }
}

TEST(RowFilesTest, IdsAreALineEach) {
  const TestFolder folder;
  OutputFile file(folder / "ids.txt");
  WriteIdLines(Ids({"7", "a b", "\xC3\xA4"}), "user", file);
  file.Commit();
  EXPECT_EQ(ReadTextFile(folder / "ids.txt"), "7\na b\n\xC3\xA4\n");
}

TEST(RowFilesTest, AnIdThatIsNoLineIsRefused) {
  const TestFolder folder;
  for (const std::string id : {"", "a\nb", "a\rb", " a", "a "}) {
    OutputFile file(folder / "ids.txt");
    EXPECT_THAT(
        [&] {
          WriteIdLines(Ids({"fine", id}), "item", file);
        },
        ThrowsMessage<Error>(HasSubstr("item 1 (from 0)")));
  }
  EXPECT_EQ(folder.entries(), 0u);
}

}  // namespace
}  // namespace derrd
