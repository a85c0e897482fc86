#include "derrd/serve/index.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <deque>
#include <functional>
#include <limits>
#include <numeric>

#include "derrd/core/error.h"
#include "derrd/eval/top_k.h"
#include "derrd/kernels/scan.h"

namespace derrd {
namespace {

using kernels::kBlockItems;
using kernels::kTileQueries;

// Of a batch, what each query goes over before the next one does: it stays in a core's own cache.
constexpr std::size_t kPassBytes = std::size_t{1} << 18;
// An allow-list this many times shorter than the table is scored item by item.
constexpr std::size_t kShort = 16;
// Below this many queries a tile costs more than one after the other.
constexpr std::size_t kLeastTile = 3;

double NormOf(std::span<const float> row) {
  double sum = 0.0;
  for (const float x : row) sum += static_cast<double>(x) * static_cast<double>(x);
  return std::sqrt(sum);
}

std::vector<ScoredItem> Taken(BestK& best) {
  const auto items = best.Take();
  return {items.begin(), items.end()};
}

}  // namespace

ItemIndex::ItemIndex(MatrixView<const float> rows, Precision precision) : rows_(rows) {
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    longest_ = std::max(longest_, NormOf({rows.row(i), rows.cols()}));
  }
  if (precision == Precision::kInt8) {
    if (rows.cols() > kernels::kInt8MostWidth) {
      Fail<UsageError>("rows of {} numbers are too wide for an int8 table; serve them as float32",
                       rows.cols());
    }
    int8_.emplace(rows);
    return;
  }
  const std::size_t block = kBlockItems * rows.cols();
  blocks_.resize(blocks() * block);
  for (std::size_t b = 0; b < blocks(); ++b) {
    const std::size_t begin = b * kBlockItems;
    kernels::PackBlock(rows.data() + begin * rows.cols(), rows.cols(),
                       std::min(kBlockItems, rows.rows() - begin), blocks_.data() + b * block);
  }
}

// One query on its way through the table.
class ItemIndex::Search {
 public:
  Search(const ItemIndex& index, const IndexQuery& query)
      : index_(index), row_(query.row), walk_(query.filter, index.items()) {
    best_.Begin(query.k, index.items());
    if (index.int8_) prepared_ = index.int8_->Prepare(row_);
  }

  void Go(std::size_t begin, std::size_t end) {
    if (index_.int8_) {
      GoByBounds(begin, end);
    } else {
      GoByScores(begin, end);
    }
  }

  // Takes what a block has above the threshold that it was scanned with.
  void Take(std::size_t block, const kernels::BlockHits& hits) {
    for (std::uint64_t left = hits.above & walk_.Open(block); left != 0; left &= left - 1) {
      const auto i = static_cast<std::size_t>(std::countr_zero(left));
      Offer(hits.scores[i], block * kBlockItems + i);
    }
  }

  std::span<const float> row() const { return row_; }
  float threshold() const { return best_.threshold(); }
  std::vector<ScoredItem> Result() { return Taken(best_); }

 private:
  void Offer(float score, std::size_t item) {
    if (score > best_.threshold()) best_.Offer(score, item);
  }

  void GoByScores(std::size_t begin, std::size_t end) {
    kernels::BlockHits hits;
    while ((begin = kernels::ScanBlocks(index_.blocks_.data(), index_.width(), begin, end,
                                        row_.data(), threshold(), &hits)) < end) {
      Take(begin++, hits);
    }
  }

  void GoByBounds(std::size_t begin, std::size_t end) {
    std::uint64_t above = 0;
    while ((begin = index_.int8_->Scan(prepared_, begin, end, threshold(), &above)) < end) {
      Rescore(begin, above & walk_.Open(begin));
      ++begin;
    }
  }

  void Rescore(std::size_t block, std::uint64_t left) {
    std::array<std::int32_t, kBlockItems> items;
    std::array<float, kBlockItems> scores;
    std::size_t count = 0;
    for (; left != 0; left &= left - 1) {
      const auto i = static_cast<std::size_t>(std::countr_zero(left));
      items[count++] = static_cast<std::int32_t>(block * kBlockItems + i);
    }
    if (count == 0) return;
    kernels::ScoreRows(row_.data(), index_.rows_.data(), index_.width(), items.data(), count,
                       scores.data());
    for (std::size_t i = 0; i < count; ++i) Offer(scores[i], static_cast<std::size_t>(items[i]));
  }

  const ItemIndex& index_;
  std::span<const float> row_;
  FilterWalk walk_;
  BestK best_;
  Int8Table::Prepared prepared_;
};

// Some queries that go through a float32 table side by side.
class ItemIndex::Tile {
 public:
  Tile(const ItemIndex& index, std::span<Search* const> searches)
      : index_(index), searches_(searches), rows_(index.width() * kTileQueries) {
    for (std::size_t q = 0; q < searches.size(); ++q) {
      for (std::size_t c = 0; c < index.width(); ++c) {
        rows_[c * kTileQueries + q] = searches[q]->row()[c];
      }
    }
  }

  void Go(std::size_t begin, std::size_t end) {
    std::array<float, kTileQueries> thresholds;
    thresholds.fill(std::numeric_limits<float>::infinity());
    std::array<kernels::BlockHits, kTileQueries> hits;
    for (; begin < end; ++begin) {
      for (std::size_t q = 0; q < searches_.size(); ++q) thresholds[q] = searches_[q]->threshold();
      begin = kernels::ScanBlocksTile(index_.blocks_.data(), index_.width(), begin, end,
                                      rows_.data(), thresholds.data(), hits.data());
      if (begin == end) return;
      for (std::size_t q = 0; q < searches_.size(); ++q) {
        if (hits[q].above != 0) searches_[q]->Take(begin, hits[q]);
      }
    }
  }

 private:
  const ItemIndex& index_;
  std::span<Search* const> searches_;
  std::vector<float> rows_;  // number by number
};

std::vector<ScoredItem> ItemIndex::Find(const IndexQuery& query, const Complaint& complain) const {
  if (CouldOverflow(query.row)) return FindCarefully(query, complain);
  if (IsShort(query)) return FindInShortList(query);
  Search search(*this, query);
  search.Go(0, blocks());
  return search.Result();
}

void ItemIndex::FindAll(std::span<const IndexQuery> queries, std::span<std::vector<ScoredItem>> out,
                        const BatchComplaint& complain) const {
  std::deque<Search> searches;  // they are pointed at
  std::vector<Search*> going;
  std::vector<std::size_t> which;
  for (std::size_t q = 0; q < queries.size(); ++q) {
    if (CouldOverflow(queries[q].row) || IsShort(queries[q])) {
      out[q] = Find(queries[q], std::bind_front(complain, q));
      continue;
    }
    going.push_back(&searches.emplace_back(*this, queries[q]));
    which.push_back(q);
  }
  GoTogether(going);
  for (std::size_t s = 0; s < which.size(); ++s) out[which[s]] = searches[s].Result();
}

void ItemIndex::GoTogether(std::span<Search* const> searches) const {
  std::vector<Tile> tiles;
  while (!int8_ && searches.size() >= kLeastTile) {
    const std::size_t size = std::min(kTileQueries, searches.size());
    tiles.emplace_back(*this, searches.first(size));
    searches = searches.subspan(size);
  }
  const std::size_t pass = std::max<std::size_t>(kPassBytes / block_bytes(), 1);
  for (std::size_t begin = 0; begin < blocks(); begin += pass) {
    const std::size_t end = std::min(begin + pass, blocks());
    for (Tile& tile : tiles) tile.Go(begin, end);
    for (Search* search : searches) search->Go(begin, end);
  }
}

// Partial sums of a score are at most the product of the norms.
bool ItemIndex::CouldOverflow(std::span<const float> row) const {
  return !(NormOf(row) * longest_ < static_cast<double>(std::numeric_limits<float>::max()) / 2);
}

bool ItemIndex::IsShort(const IndexQuery& query) const {
  return query.filter.allowed != nullptr && query.filter.allowed->size() < items() / kShort;
}

std::vector<ScoredItem> ItemIndex::FindInShortList(const IndexQuery& query) const {
  const auto listed = query.filter.allowed->items();
  std::vector<float> scores(listed.size());
  kernels::ScoreRows(query.row.data(), rows_.data(), width(), listed.data(), listed.size(),
                     scores.data());
  BestK best;
  best.Begin(query.k, listed.size());
  for (std::size_t i = 0; i < listed.size(); ++i) {
    if (scores[i] > best.threshold() && query.filter.Passes(listed[i])) {
      best.Offer(scores[i], static_cast<std::size_t>(listed[i]));
    }
  }
  return Taken(best);
}

std::vector<ScoredItem> ItemIndex::FindCarefully(const IndexQuery& query,
                                                 const Complaint& complain) const {
  std::vector<std::int32_t> all(items());
  std::iota(all.begin(), all.end(), 0);
  std::vector<float> scores(items());
  kernels::ScoreRows(query.row.data(), rows_.data(), width(), all.data(), all.size(),
                     scores.data());
  TopK top(query.k);
  const auto best = top.Select(scores, LeftOut(query.filter, items()), complain);
  return {best.begin(), best.end()};
}

std::size_t ItemIndex::blocks() const { return kernels::Blocks(items()); }

std::size_t ItemIndex::block_bytes() const {
  return int8_ ? int8_->block_bytes() : kBlockItems * width() * sizeof(float);
}

std::size_t ItemIndex::scanned_bytes() const { return blocks() * block_bytes(); }

}  // namespace derrd
