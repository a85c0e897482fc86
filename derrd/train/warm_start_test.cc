#include "derrd/train/warm_start.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "derrd/core/error.h"
#include "derrd/core/test_errors.h"
#include "derrd/models/bpr_mf.h"

namespace derrd {
namespace {

using TakenIds = std::vector<std::string>;

ModelFile Earlier(std::size_t width = 5) {
  ModelFile file;
  file.model = std::make_unique<BprMf>(3, 4, width, /*seed=*/1);
  file.user_ids = Ids(TakenIds{"ann", "bob", "cem"});
  file.item_ids = Ids(TakenIds{"w", "x", "y", "z"});
  return file;
}

// Row r of `now` is row `from` of `then`.
void ExpectRow(MatrixView<const float> now, std::size_t r, MatrixView<const float> then,
               std::size_t from) {
  for (std::size_t c = 0; c < now.cols(); ++c) EXPECT_EQ(now(r, c), then(from, c)) << "row " << r;
}

TEST(WarmStart, TakesRowsByIdAndLeavesNewOnes) {
  const ModelFile earlier = Earlier();
  const auto& then = dynamic_cast<const BprMf&>(*earlier.model);
  BprMf student(4, 3, 5, /*seed=*/2);
  const BprMf fresh(4, 3, 5, /*seed=*/2);
  const auto [users, items] =
      WarmStart(earlier, "earlier", Ids(TakenIds{"dan", "cem", "ann", "eve"}),
                Ids(TakenIds{"z", "v", "w"}), student);
  EXPECT_EQ(users.taken, 2u);
  EXPECT_EQ(users.fresh, 2u);
  EXPECT_EQ(users.gone, 1u);
  EXPECT_EQ(items.taken, 2u);
  EXPECT_EQ(items.fresh, 1u);
  EXPECT_EQ(items.gone, 2u);
  ExpectRow(student.user_rows(), 0, fresh.user_rows(), 0);
  ExpectRow(student.user_rows(), 1, then.user_rows(), 2);
  ExpectRow(student.user_rows(), 2, then.user_rows(), 0);
  ExpectRow(student.user_rows(), 3, fresh.user_rows(), 3);
  ExpectRow(student.item_rows(), 0, then.item_rows(), 3);
  ExpectRow(student.item_rows(), 1, fresh.item_rows(), 1);
  ExpectRow(student.item_rows(), 2, then.item_rows(), 0);
}

TEST(WarmStart, NothingInCommonLeavesEverything) {
  BprMf student(1, 1, 5, 2);
  const BprMf fresh(1, 1, 5, 2);
  const auto [users, items] =
      WarmStart(Earlier(), "earlier", Ids(TakenIds{"x"}), Ids(TakenIds{"ann"}), student);
  EXPECT_EQ(users.taken + items.taken, 0u);
  EXPECT_EQ(users.gone, 3u);
  ExpectRow(student.user_rows(), 0, fresh.user_rows(), 0);
  ExpectRow(student.item_rows(), 0, fresh.item_rows(), 0);
}

TEST(WarmStart, AnotherWidthIsRefusedWithBoth) {
  BprMf student(1, 1, 5, 2);
  EXPECT_EQ(MessageOf<UsageError>([&] {
              WarmStart(Earlier(7), "old.derrd", Ids(TakenIds{"x"}), Ids(TakenIds{"ann"}), student);
            }),
            "--init: old.derrd is of width 7 and --width is 5; give --width 7 or another model");
}

// A model of another kind: BPR-MF by another name.
class Other : public BprMf {
 public:
  using BprMf::BprMf;
  std::string_view kind() const override { return "other"; }
};

TEST(WarmStart, AnotherKindIsRefused) {
  Other student(1, 1, 5, 2);
  EXPECT_THAT(MessageOf<UsageError>([&] {
                WarmStart(Earlier(), "old.derrd", Ids(TakenIds{"x"}), Ids(TakenIds{"ann"}),
                          student);
              }),
              testing::AllOf(testing::HasSubstr("old.derrd"),
                             testing::HasSubstr("'bpr-mf' and a 'other'")));
}

}  // namespace
}  // namespace derrd
