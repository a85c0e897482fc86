#include "derrd/export/int8_file.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>

#include "derrd/core/safetensors.h"
#include "derrd/core/test_folder.h"
#include "derrd/models/bpr_mf.h"
#include "derrd/models/int8_rows.h"

namespace derrd {
namespace {

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
