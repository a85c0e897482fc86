#include "derrd/export/pgvector_sql.h"

#include <fmt/format.h>

#include <iterator>
#include <span>
#include <string_view>

#include "derrd/core/error.h"
#include "derrd/core/version.h"
#include "derrd/data/utf8.h"

namespace derrd {
namespace {

constexpr std::size_t kLongestPrefix = 40;  // PostgreSQL cuts names at 63 bytes

// A column of text that goes with the rows.
struct TextColumn {
  std::string name, what;  // as in SQL, and as in messages
  const Ids& texts;
};

void AppendCopyText(const TextColumn& column, std::size_t row, const std::string& path,
                    std::string& line) {
  const std::string_view text = column.texts[row];
  if (!IsUtf8(text) || text.find('\0') != std::string_view::npos) {
    Fail(
        "{}: the {} {} (from 0) is not UTF-8 or holds a zero byte, which PostgreSQL does not take; "
        "use --format int8, or import the data with other ids",
        path, column.what, row);
  }
  for (const char c : text) {
    switch (c) {
      case '\\':
        line += "\\\\";
        break;
      case '\t':
        line += "\\t";
        break;
      case '\n':
        line += "\\n";
        break;
      case '\r':
        line += "\\r";
        break;
      default:
        line += c;
    }
  }
}

void AppendVector(std::span<const float> row, std::string& line) {
  char separator = '[';
  for (const float value : row) {
    fmt::format_to(std::back_inserter(line), "{}{}", separator, value);
    separator = ',';
  }
  line += ']';
}

// CREATE TABLE and COPY; the first column is the key.
void WriteTable(const std::string& table, const std::vector<TextColumn>& columns,
                MatrixView<const float> rows, OutputFile& file) {
  std::string declared, named;
  for (const TextColumn& column : columns) {
    declared +=
        fmt::format("  {} text {},\n", column.name, named.empty() ? "PRIMARY KEY" : "NOT NULL");
    named += column.name + ", ";
  }
  file.Write(
      fmt::format("CREATE TABLE {} (\n{}  embedding vector({}) NOT NULL\n);\nCOPY {} ({}embedding) "
                  "FROM stdin;\n",
                  table, declared, rows.cols(), table, named));
  std::string line;
  for (std::size_t r = 0; r < rows.rows(); ++r) {
    line.clear();
    for (const TextColumn& column : columns) {
      AppendCopyText(column, r, file.path(), line);
      line += '\t';
    }
    AppendVector({rows.row(r), rows.cols()}, line);
    line += '\n';
    file.Write(line);
  }
  file.Write("\\.\n\n");
}

std::string IndexSql(const PgvectorSettings& settings, std::size_t width) {
  if (width > kMostIndexedVectorWidth) {
    return fmt::format(
        "-- No index: rows of more than {} numbers take none, so answers are exact.\n",
        kMostIndexedVectorWidth);
  }
  return fmt::format(
      "CREATE INDEX ON {}_items USING hnsw (embedding vector_ip_ops)\n"
      "  WITH (m = {}, ef_construction = {});\n",
      settings.tables, settings.index.m, settings.index.ef_construction);
}

// <#> is the negative inner product, so that the best come first.
std::string QuerySql(const std::string& tables) {
  const std::string user =
      fmt::format("(SELECT embedding FROM {}_users WHERE user_id = $1)", tables);
  return fmt::format(
      "-- The ten best items for the user $1:\n"
      "--   SELECT item_id, -(embedding <#> {0}) AS score\n"
      "--   FROM {1}_items\n"
      "--   ORDER BY embedding <#> {0}\n"
      "--   LIMIT 10;\n",
      user, tables);
}

}  // namespace

bool IsTablePrefix(const std::string& tables) {
  constexpr std::string_view kFirst = "abcdefghijklmnopqrstuvwxyz_";
  constexpr std::string_view kAny = "abcdefghijklmnopqrstuvwxyz_0123456789";
  return !tables.empty() && tables.size() <= kLongestPrefix &&
         kFirst.find(tables.front()) != std::string_view::npos &&
         tables.find_first_not_of(kAny) == std::string::npos;
}

void WritePgvector(const ModelFile& model, const FactorView& factors,
                   const PgvectorSettings& settings, OutputFile& file) {
  const std::size_t width = factors.item.cols();
  if (width > kMostVectorWidth) {
    Fail("{}: rows have {} numbers and PostgreSQL's vector holds {}; distil a narrower student",
         file.path(), width, kMostVectorWidth);
  }
  file.Write(fmt::format(
      "-- Written by derrd {} from a {} model; run it with psql -v ON_ERROR_STOP=1 -f FILE.\n"
      "SET client_encoding = 'UTF8';\nCREATE EXTENSION IF NOT EXISTS vector;\nBEGIN;\n\n",
      Version(), model.model->kind()));
  const TextColumn user_ids{"user_id", "id of user", model.user_ids};
  const TextColumn item_ids{"item_id", "id of item", model.item_ids};
  const TextColumn names{"name", "name of item", model.item_names};
  WriteTable(settings.tables + "_users", {user_ids}, factors.user, file);
  WriteTable(settings.tables + "_items",
             model.item_names.empty() ? std::vector{item_ids} : std::vector{item_ids, names},
             factors.item, file);
  file.Write(IndexSql(settings, width));
  file.Write("COMMIT;\n\n");
  file.Write(QuerySql(settings.tables));
}

}  // namespace derrd
