// A graph for approximate search by inner product, as hnswlib builds and stores it
// (https://github.com/nmslib/hnswlib; Malkov, Yashunin: "Efficient and robust approximate nearest
// neighbor search using Hierarchical Navigable Small World graphs", IEEE TPAMI 2020).
#ifndef DERRD_EXPORT_HNSW_GRAPH_H_
#define DERRD_EXPORT_HNSW_GRAPH_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "derrd/core/file.h"
#include "derrd/core/matrix.h"
#include "derrd/models/model.h"

namespace derrd {

struct HnswSettings {
  std::size_t m = 16;  // links of a row, at least 2; twice as many on the lowest level
  std::size_t ef_construction = 200;  // rows that are kept in view while one is linked
};

class HnswGraph {
 public:
  // Links row after row on the calling thread, because the order decides the graph: the same rows
  // and seed give the same bytes (on machines of the same instruction set). O(rows log rows).
  // done(n) is called when n rows are in.
  HnswGraph(MatrixView<const float> rows, const HnswSettings& settings, std::uint64_t seed,
            const std::function<void(std::size_t rows)>& done);
  ~HnswGraph();

  // The numbers of the k rows with the highest inner products that it finds, in no order. ef: rows
  // that are kept in view; at least k counts. Not for several threads.
  std::vector<std::int32_t> Search(std::span<const float> query, std::size_t k,
                                   std::size_t ef) const;

  // What hnswlib's loadIndex() reads; the label of a row is its number. The caller commits.
  void WriteTo(OutputFile& file) const;

  // Memory of a graph, for who checks it first.
  static double Bytes(std::size_t rows, std::size_t width, const HnswSettings& settings);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The share, from 0 to 1, of what a graph of the item rows finds that is among the exact best k,
// over at most `most_users` users spread evenly. Equal scores are equally good.
double HnswRecall(const HnswGraph& graph, const FactorView& factors, std::size_t k, std::size_t ef,
                  std::size_t most_users);

}  // namespace derrd

#endif  // DERRD_EXPORT_HNSW_GRAPH_H_
