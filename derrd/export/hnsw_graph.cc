#include "derrd/export/hnsw_graph.h"

// hnswlib's own products come as functions that are not inline, which every user of this library
// that includes it too would define again. Ours are faster.
#define NO_MANUAL_VECTORIZATION
#include <hnswlib/hnswlib.h>

#include <algorithm>
#include <string_view>

#include "derrd/export/values.h"
#include "derrd/kernels/rows.h"

namespace derrd {
namespace {

void WriteBytes(const char* data, std::size_t size, OutputFile& file) {
  file.Write(std::string_view(data, size));
}

}  // namespace

struct HnswGraph::Impl {
  class Products : public hnswlib::SpaceInterface<float> {
   public:
    explicit Products(std::size_t width) : width_(width) {}
    std::size_t get_data_size() override { return width_ * sizeof(float); }
    hnswlib::DISTFUNC<float> get_dist_func() override { return Distance; }
    void* get_dist_func_param() override { return &width_; }

   private:
    static float Distance(const void* a, const void* b, const void* width) {
      float product = 0.0f;
      kernels::Dots(static_cast<const float*>(a), static_cast<const float*>(b),
                    *static_cast<const std::size_t*>(width), 1, &product);
      return 1.0f - product;
    }

    std::size_t width_;
  };

  Impl(MatrixView<const float> rows, const HnswSettings& settings, std::uint64_t seed)
      : space(rows.cols()),
        graph(&space, rows.rows(), settings.m, settings.ef_construction, seed + 1) {
  }  // its generator takes 0 for 1

  Products space;
  hnswlib::HierarchicalNSW<float> graph;
};

HnswGraph::HnswGraph(MatrixView<const float> rows, const HnswSettings& settings, std::uint64_t seed,
                     const std::function<void(std::size_t rows)>& done)
    : impl_(std::make_unique<Impl>(rows, settings, seed)) {
  for (std::size_t r = 0; r < rows.rows(); ++r) {
    impl_->graph.addPoint(rows.row(r), r);
    done(r + 1);
  }
}

HnswGraph::~HnswGraph() = default;

std::vector<std::int32_t> HnswGraph::Search(std::span<const float> query, std::size_t k,
                                            std::size_t ef) const {
  impl_->graph.setEf(ef);
  auto found = impl_->graph.searchKnn(query.data(), k);
  std::vector<std::int32_t> rows;
  for (; !found.empty(); found.pop()) rows.push_back(static_cast<std::int32_t>(found.top().second));
  return rows;
}

// As HierarchicalNSW::saveIndex() does, which does not say when a disk is full.
void HnswGraph::WriteTo(OutputFile& file) const {
  const auto& graph = impl_->graph;
  WriteValue(graph.offsetLevel0_, file);
  WriteValue(graph.max_elements_, file);
  WriteValue(graph.cur_element_count, file);
  WriteValue(graph.size_data_per_element_, file);
  WriteValue(graph.label_offset_, file);
  WriteValue(graph.offsetData_, file);
  WriteValue(graph.maxlevel_, file);
  WriteValue(graph.enterpoint_node_, file);
  WriteValue(graph.maxM_, file);
  WriteValue(graph.maxM0_, file);
  WriteValue(graph.M_, file);
  WriteValue(graph.mult_, file);
  WriteValue(graph.ef_construction_, file);
  WriteBytes(graph.data_level0_memory_, graph.cur_element_count * graph.size_data_per_element_,
             file);
  for (std::size_t r = 0; r < graph.cur_element_count; ++r) {
    const std::size_t levels = static_cast<std::size_t>(std::max(0, graph.element_levels_[r]));
    const std::size_t size = levels * graph.size_links_per_element_;
    WriteValue(static_cast<std::uint32_t>(size), file);
    if (size > 0) WriteBytes(graph.linkLists_[r], size, file);
  }
}

double HnswGraph::Bytes(std::size_t rows, std::size_t width, const HnswSettings& settings) {
  constexpr double kBookkeeping = 128;  // a lock, a level, an entry of a hash table, higher levels
  const double links = 2 * static_cast<double>(settings.m) + 1;
  return static_cast<double>(rows) *
         (sizeof(float) * (static_cast<double>(width) + links) + kBookkeeping);
}

double HnswRecall(const HnswGraph& graph, const FactorView& factors, std::size_t k, std::size_t ef,
                  std::size_t most_users) {
  const auto& [user_rows, item_rows] = factors;
  k = std::min(k, item_rows.rows());
  const std::size_t users = std::min(most_users, user_rows.rows());
  std::vector<float> scores(item_rows.rows()), sorted;
  std::size_t good = 0;
  for (std::size_t n = 0; n < users; ++n) {
    const float* user = user_rows.row(n * user_rows.rows() / users);
    kernels::Dots(user, item_rows.data(), item_rows.cols(), item_rows.rows(), scores.data());
    sorted = scores;
    std::ranges::nth_element(sorted, sorted.begin() + static_cast<std::ptrdiff_t>(k - 1),
                             std::greater<>());
    const auto found = graph.Search({user, user_rows.cols()}, k, ef);
    good += static_cast<std::size_t>(std::ranges::count_if(found, [&](std::int32_t item) {
      return scores[static_cast<std::size_t>(item)] >= sorted[k - 1];
    }));
  }
  return static_cast<double>(good) / static_cast<double>(users * k);
}

}  // namespace derrd
