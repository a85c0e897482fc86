#include "derrd/serve/index.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cfloat>
#include <cmath>
#include <deque>
#include <functional>
#include <limits>
#include <numeric>
#include <ranges>

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

// A threshold that every score which is not below `threshold` is above. Among numbers so small that
// a processor may take them for zero, it is one that is not.
float JustBelow(float threshold) {
  if (std::abs(threshold) <= FLT_MIN) return -FLT_MIN;
  return std::nextafter(threshold, -std::numeric_limits<float>::infinity());
}

std::vector<ScoredItem> Taken(BestK& best) {
  const auto items = best.Take();
  return {items.begin(), items.end()};
}

}  // namespace

ItemIndex::ItemIndex(MatrixView<const float> rows, Precision precision) : rows_(rows) {
  OrderByNorm();
  if (precision == Precision::kFloat32) {
    Pack();
    return;
  }
  if (width() > kernels::kInt8MostWidth) {
    Fail<UsageError>("rows of {} numbers are too wide for an int8 table; serve them as float32",
                     width());
  }
  int8_.emplace(rows, order_);
}

void ItemIndex::OrderByNorm() {
  std::vector<double> norms(items());
  for (std::size_t i = 0; i < items(); ++i) norms[i] = NormOf({rows_.row(i), width()});
  order_.resize(items());
  std::iota(order_.begin(), order_.end(), 0);
  const auto norm_of = [&](std::int32_t item) { return norms[static_cast<std::size_t>(item)]; };
  std::ranges::stable_sort(order_, std::ranges::greater(), norm_of);
  for (std::size_t i = 0; i < items(); i += kBlockItems) norms_.push_back(norm_of(order_[i]));
}

void ItemIndex::Pack() {
  const std::size_t block = kBlockItems * width();
  blocks_.resize(blocks() * block);
  std::vector<float> gathered(block);
  for (std::size_t b = 0; b < blocks(); ++b) {
    const auto places = std::span(order_).subspan(b * kBlockItems);
    const std::size_t count = std::min(kBlockItems, places.size());
    for (std::size_t i = 0; i < count; ++i) {
      std::copy_n(rows_.row(static_cast<std::size_t>(places[i])), width(),
                  gathered.data() + i * width());
    }
    kernels::PackBlock(gathered.data(), width(), count, blocks_.data() + b * block);
  }
}

// One query on its way through the table.
class ItemIndex::Search {
 public:
  Search(const ItemIndex& index, const IndexQuery& query)
      : index_(index), row_(query.row), filter_(query.filter), end_(index.blocks()) {
    // What rounds in a score is relative to the product of the norms; numbers too small for a
    // normal float32 lose at most one such number for each operation.
    constexpr double kRounding = 0x1p-24;
    const auto width = static_cast<double>(index.width());
    reach_ = NormOf(row_) * (1 + (1.01 * width + 16) * kRounding);
    least_ = (2 * width + 16) * static_cast<double>(FLT_MIN);
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
    ForEachAnswerable(block, hits.above,
                      [&](std::size_t i, std::int32_t item) { Offer(hits.scores[i], item); });
    Shorten();
  }

  std::span<const float> row() const { return row_; }
  std::size_t end() const { return end_; }  // no block from here on has one of the best
  float threshold() const { return JustBelow(best_.threshold()); }
  std::vector<ScoredItem> Result() { return Taken(best_); }

 private:
  // An item that equals the k-th best is among the best where its number is lower.
  void Offer(float score, std::int32_t item) {
    if (score >= best_.threshold()) best_.Offer(score, static_cast<std::size_t>(item));
  }

  // Of those whose bits are set. The last block has bits that stand for no item.
  template <typename Use>
  void ForEachAnswerable(std::size_t block, std::uint64_t bits, const Use& use) {
    const auto items = std::span(index_.order_).subspan(block * kBlockItems);
    for (; bits != 0; bits &= bits - 1) {
      const auto i = static_cast<std::size_t>(std::countr_zero(bits));
      if (i < items.size() && filter_.Passes(items[i])) use(i, items[i]);
    }
  }

  void Shorten() {
    const auto lowest = static_cast<double>(best_.threshold());
    const auto norms = std::span(index_.norms_).first(end_);
    const auto out = std::ranges::partition_point(
        norms, [&](double norm) { return reach_ * norm + least_ >= lowest; });
    end_ = static_cast<std::size_t>(out - norms.begin());
  }

  void GoByScores(std::size_t begin, std::size_t end) {
    kernels::BlockHits hits;
    for (; begin < std::min(end, end_); ++begin) {
      begin = kernels::ScanBlocks(index_.blocks_.data(), index_.width(), begin, std::min(end, end_),
                                  row_.data(), threshold(), &hits);
      if (begin < std::min(end, end_)) Take(begin, hits);
    }
  }

  void GoByBounds(std::size_t begin, std::size_t end) {
    std::uint64_t above = 0;
    for (; begin < std::min(end, end_); ++begin) {
      begin = index_.int8_->Scan(prepared_, begin, std::min(end, end_), threshold(), &above);
      if (begin < std::min(end, end_)) Rescore(begin, above);
    }
  }

  void Rescore(std::size_t block, std::uint64_t above) {
    std::array<std::int32_t, kBlockItems> items;
    std::array<float, kBlockItems> scores;
    std::size_t count = 0;
    ForEachAnswerable(block, above, [&](std::size_t, std::int32_t item) { items[count++] = item; });
    if (count == 0) return;
    kernels::ScoreRows(row_.data(), index_.rows_.data(), index_.width(), items.data(), count,
                       scores.data());
    for (std::size_t i = 0; i < count; ++i) Offer(scores[i], items[i]);
    Shorten();
  }

  const ItemIndex& index_;
  std::span<const float> row_;
  ItemFilter filter_;
  std::size_t end_;
  double reach_ = 0, least_ = 0;  // no score is above reach_ * norm of the item's row + least_
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
    for (; begin < (end = std::min(end, End())); ++begin) {
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
  std::size_t End() const {
    return std::ranges::max(searches_ | std::views::transform(&Search::end));
  }

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
  const double longest = norms_.empty() ? 0.0 : norms_.front();
  return !(NormOf(row) * longest < static_cast<double>(std::numeric_limits<float>::max()) / 2);
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

std::size_t ItemIndex::block_bytes() const {
  return int8_ ? int8_->block_bytes() : kBlockItems * width() * sizeof(float);
}

std::size_t ItemIndex::table_bytes() const { return blocks() * block_bytes(); }

}  // namespace derrd
