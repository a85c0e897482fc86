#include "derrd/export/pgvector_sql.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "derrd/core/error.h"
#include "derrd/core/test_folder.h"
#include "derrd/models/factors.h"

namespace derrd {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::ThrowsMessage;

// A model of one user and one item of this width.
ModelFile OneByOne(std::size_t width, const std::string& user, const std::string& item) {
  ModelFile model;
  Matrix<float> user_row(1, width), item_row(1, width);
  user_row(0, 0) = 0.1f;
  item_row(0, 0) = -std::numeric_limits<float>::denorm_min();
  model.model = std::make_unique<StoredFactors>("bpr-mf", std::move(user_row), std::move(item_row));
  model.user_ids = Ids({user});
  model.item_ids = Ids({item});
  return model;
}

class PgvectorSqlTest : public testing::Test {
 protected:
  std::string Sql(const ModelFile& model, const PgvectorSettings& settings = {}) const {
    OutputFile file(folder_ / "model.sql");
    WritePgvector(model, model.model->factors().value(), settings, file);
    file.Commit();
    return ReadTextFile(folder_ / "model.sql");
  }

  const TestFolder folder_;
};

TEST_F(PgvectorSqlTest, TextIsEscapedAndNumbersComeBack) {
  ModelFile model = OneByOne(2, "a\tb\\N", "\\.");
  model.item_names = Ids({"two\nlines\r"});
  const std::string sql = Sql(model);
  EXPECT_THAT(sql, HasSubstr("FROM stdin;\na\\tb\\\\N\t[0.1,0]\n\\.\n"));
  EXPECT_THAT(sql, HasSubstr("\n\\\\.\ttwo\\nlines\\r\t[-1e-45,0]\n\\.\n"));
  EXPECT_THAT(sql, HasSubstr("COPY derrd_items (item_id, name, embedding) FROM stdin;"));
  EXPECT_THAT(Sql(OneByOne(2, "u", "i")), HasSubstr("COPY derrd_items (item_id, embedding) FROM"));
}

TEST_F(PgvectorSqlTest, TablesAndIndexAreAsAskedFor) {
  const std::string sql = Sql(OneByOne(3, "u", "i"), {"shop", {.m = 7, .ef_construction = 90}});
  EXPECT_THAT(sql, HasSubstr("CREATE TABLE shop_users"));
  EXPECT_THAT(sql, HasSubstr("vector(3)"));
  EXPECT_THAT(sql, HasSubstr("CREATE INDEX ON shop_items USING hnsw (embedding vector_ip_ops)"));
  EXPECT_THAT(sql, HasSubstr("(m = 7, ef_construction = 90)"));
  EXPECT_THAT(sql, Not(HasSubstr("derrd_")));
}

TEST_F(PgvectorSqlTest, RowsTooWideForAnIndexOrATableAreTold) {
  EXPECT_THAT(Sql(OneByOne(2000, "u", "i")), HasSubstr("CREATE INDEX"));
  EXPECT_THAT(Sql(OneByOne(2001, "u", "i")), Not(HasSubstr("CREATE INDEX")));
  EXPECT_THAT(Sql(OneByOne(16000, "u", "i")), HasSubstr("vector(16000)"));
  EXPECT_THAT([&] { Sql(OneByOne(16001, "u", "i")); },
              ThrowsMessage<Error>(HasSubstr("16001 numbers")));
}

TEST_F(PgvectorSqlTest, TextThatPostgresqlDoesNotTakeIsRefused) {
  for (const auto& id : {std::string("a\0b", 3), std::string("\xFF")}) {
    EXPECT_THAT([&] { Sql(OneByOne(2, id, "i")); }, ThrowsMessage<Error>(HasSubstr("user 0")));
    EXPECT_THAT([&] { Sql(OneByOne(2, "u", id)); }, ThrowsMessage<Error>(HasSubstr("item 0")));
  }
}

TEST(TablePrefixTest, IsANameWithoutQuotes) {
  for (const std::string good : {"derrd", "_", "a1_b"}) EXPECT_TRUE(IsTablePrefix(good)) << good;
  for (const std::string& bad :
       std::vector<std::string>{"", "1a", "Derrd", "a b", "a;", "a-b", std::string(41, 'a')}) {
    EXPECT_FALSE(IsTablePrefix(bad)) << bad;
  }
}

}  // namespace
}  // namespace derrd
