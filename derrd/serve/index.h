// Exact top-K by inner product over a table of item rows, at the speed of memory.
#ifndef DERRD_SERVE_INDEX_H_
#define DERRD_SERVE_INDEX_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "derrd/core/matrix.h"
#include "derrd/eval/best_k.h"
#include "derrd/serve/int8_table.h"
#include "derrd/serve/item_filter.h"
#include "derrd/serve/precision.h"

namespace derrd {

// A row to be answered, and with what. A view.
struct IndexQuery {
  std::span<const float> row;  // finite, as wide as the table's rows
  std::size_t k = 10;
  ItemFilter filter;
};

// Every answer is exact: the k highest float32 scores, best first, of equal scores the lower item
// first. A score is a sum in the order of the numbers, so it has the same bits in a search alone,
// in a batch, and at either precision (kernels/scan.h). The table holds the rows by descending
// norm: no score is above the product of the norms (Cauchy and Schwarz), so a search ends where
// that falls below the k-th best so far (Teflioudi et al., LEMP, SIGMOD 2015). At worst it is one
// pass over the table. An item is written down only when its score is not below the k-th best so
// far. Immutable; threads may share it.
class ItemIndex {
 public:
  // rows: finite; they must outlive the index. Opening makes the table that searches go over:
  // float32 in blocks (as many bytes as the rows, which are then read only for short allow-lists
  // and where a score could overflow), or int8 (a quarter of that; the rows are also read where it
  // cannot decide). O(items (width + log items)).
  ItemIndex(MatrixView<const float> rows, Precision precision);

  // What to do about a score that is not finite; it must throw.
  using Complaint = std::function<void(std::int32_t item, float score)>;

  std::vector<ScoredItem> Find(const IndexQuery& query, const Complaint& not_finite) const;
  // The same for each query, all of them within one pass over the table. out: one for each.
  using BatchComplaint = std::function<void(std::size_t query, std::int32_t item, float score)>;
  void FindAll(std::span<const IndexQuery> queries, std::span<std::vector<ScoredItem>> out,
               const BatchComplaint& not_finite) const;

  std::size_t items() const { return rows_.rows(); }
  std::size_t width() const { return rows_.cols(); }
  Precision precision() const { return int8_ ? Precision::kInt8 : Precision::kFloat32; }
  std::size_t table_bytes() const;  // which a search reads at worst

 private:
  class Search;
  class Tile;

  void GoTogether(std::span<Search* const> searches) const;
  bool CouldOverflow(std::span<const float> row) const;
  std::vector<ScoredItem> FindInShortList(const IndexQuery& query) const;
  std::vector<ScoredItem> FindCarefully(const IndexQuery& query, const Complaint& complain) const;
  bool IsShort(const IndexQuery& query) const;
  std::size_t blocks() const { return norms_.size(); }
  std::size_t block_bytes() const;
  void OrderByNorm();
  void Pack();

  MatrixView<const float> rows_;
  std::vector<std::int32_t> order_;  // the item at each place of the table
  std::vector<double> norms_;        // the highest of each block, descending
  AlignedVector<float> blocks_;
  std::optional<Int8Table> int8_;
};

}  // namespace derrd

#endif  // DERRD_SERVE_INDEX_H_
