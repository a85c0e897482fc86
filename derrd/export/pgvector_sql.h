// A model as tables of PostgreSQL, with the type `vector` of its extension pgvector
// (https://github.com/pgvector/pgvector, 0.5 or later).
#ifndef DERRD_EXPORT_PGVECTOR_SQL_H_
#define DERRD_EXPORT_PGVECTOR_SQL_H_

#include <cstddef>
#include <string>

#include "derrd/core/file.h"
#include "derrd/export/hnsw_graph.h"
#include "derrd/models/model.h"

namespace derrd {

inline constexpr std::size_t kMostVectorWidth = 16000;        // what the type holds
inline constexpr std::size_t kMostIndexedVectorWidth = 2000;  // what its index takes

struct PgvectorSettings {
  std::string tables = "derrd";  // the tables are TABLES_users and TABLES_items
  HnswSettings index;            // of the items' rows, by vector_ip_ops
};

// Whether this can begin the names of tables without quotes: [a-z_][a-z0-9_]*, 40 at most.
bool IsTablePrefix(const std::string& tables);

// Writes what psql runs as one transaction: two tables, COPY of all rows, an index over the items'
// (not where rows are too wide for one), and as a comment the query that recommends. Error for rows
// wider than the type holds and for text that PostgreSQL does not take (not UTF-8, zero bytes). The
// caller commits.
void WritePgvector(const ModelFile& model, const FactorView& factors,
                   const PgvectorSettings& settings, OutputFile& file);

}  // namespace derrd

#endif  // DERRD_EXPORT_PGVECTOR_SQL_H_
