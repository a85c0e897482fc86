#include "derrd/export/int8_file.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <utility>

#include "derrd/core/safetensors.h"
#include "derrd/core/test_folder.h"
#include "derrd/models/bpr_mf.h"

namespace derrd {
namespace {

TEST(QuantiseRowsTest, EveryNumberIsWithinHalfAScale) {
  std::mt19937 draw(1);
  std::normal_distribution<float> normal;
  Matrix<float> rows(50, 13);
  for (std::size_t r = 0; r < rows.rows(); ++r) {
    const float size = std::pow(10.0f, static_cast<float>(r % 30) - 15.0f);
    for (std::size_t c = 0; c < rows.cols(); ++c) rows(r, c) = size * normal(draw);
  }
  const Int8Rows coded = QuantiseRows(rows);
  for (std::size_t r = 0; r < rows.rows(); ++r) {
    int most = 0;
    for (std::size_t c = 0; c < rows.cols(); ++c) {
      const double back = double{coded.scales[r]} * coded.values(r, c);
      EXPECT_LE(std::abs(rows(r, c) - back), 0.50001 * coded.scales[r]) << r << " " << c;
      most = std::max(most, std::abs(int{coded.values(r, c)}));
    }
    EXPECT_EQ(most, 127);
  }
}

TEST(QuantiseRowsTest, ExtremesStayInRange) {
  constexpr float kLargest = std::numeric_limits<float>::max();
  constexpr float kSmallest = std::numeric_limits<float>::denorm_min();
  Matrix<float> rows(4, 2);
  rows(1, 0) = kLargest;
  rows(1, 1) = -kLargest;
  rows(2, 0) = kSmallest;
  rows(3, 0) = 100 * kSmallest;
  rows(3, 1) = -100 * kSmallest;
  const Int8Rows coded = QuantiseRows(rows);
  EXPECT_EQ(coded.scales[0], 0.0f);
  EXPECT_EQ(coded.values(0, 0), 0);
  EXPECT_EQ(coded.values(1, 0), 127);
  EXPECT_EQ(coded.values(1, 1), -127);
  EXPECT_EQ(coded.scales[2], 0.0f);
  EXPECT_EQ(coded.values(2, 0), 0);
  EXPECT_GE(coded.values(3, 1), -127);
  EXPECT_EQ(coded.values(3, 1), -coded.values(3, 0));
}

TEST(WriteInt8Test, TheFileHoldsRowsScalesAndIds) {
  const TestFolder folder;
  ModelFile model;
  model.model = std::make_unique<BprMf>(3, 5, 7, 1);
  model.user_ids = Ids({"u0", "u\n1", ""});
  model.item_ids = Ids({"i0", "i1", "i2", "i3", "i4"});
  model.item_names = Ids({"a", "b", "c", "d", "e"});
  const FactorView factors = model.model->factors().value();
  OutputFile output(folder / "int8");
  WriteInt8(model, factors, output);
  output.Commit();

  const auto file = SafetensorsFile::OpenKind(folder / "int8", "int8");
  EXPECT_EQ(file->MetadataOr("derrd.model", ""), "bpr-mf");
  for (const auto& [side, rows] : {std::pair{std::string("user"), factors.user},
                                   std::pair{std::string("item"), factors.item}}) {
    const auto values = file->MatrixOf<std::int8_t>(side + "_int8");
    const auto scales = file->Elements<float>(side + "_scale");
    const Int8Rows expected = QuantiseRows(rows);
    EXPECT_TRUE(std::ranges::equal(values.elements(), expected.values.view().elements()));
    EXPECT_TRUE(std::ranges::equal(scales, expected.scales));
  }
  EXPECT_EQ(Ids::FromFile(file, "user_ids"), model.user_ids);
  EXPECT_EQ(Ids::FromFile(file, "item_ids"), model.item_ids);
  EXPECT_EQ(Ids::FromFile(file, "item_names"), model.item_names);
}

}  // namespace
}  // namespace derrd
