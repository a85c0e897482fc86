#include "derrd/serve/int8_table.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace derrd {
namespace {

constexpr float kMost = 127.0f;
constexpr std::uint8_t kZero = 128;  // how 0 is stored
constexpr double kRounding = 0x1p-24;
constexpr float kLeastNormal = std::numeric_limits<float>::min();

float HighestMagnitude(std::span<const float> numbers) {
  float highest = 0.0f;
  for (const float x : numbers) highest = std::max(highest, std::abs(x));
  return highest;
}

// The nearest whole number of scales, within [-127, 127].
int Whole(float x, float scale) {
  return static_cast<int>(std::clamp(std::round(x / scale), -kMost, kMost));
}

double Square(double x) { return x * x; }

}  // namespace

Int8Table::Int8Table(MatrixView<const float> rows, std::span<const std::int32_t> order)
    : width_(rows.cols()),
      blocks_(kernels::Blocks(order.size()) * kernels::Int8BlockBytes(width_), kZero),
      scales_(kernels::Blocks(order.size()) * kernels::kBlockItems, kLeastNormal) {
  for (std::size_t place = 0; place < order.size(); ++place) {
    Fill(place, {rows.row(static_cast<std::size_t>(order[place])), width_});
  }
}

void Int8Table::Fill(std::size_t place, std::span<const float> row) {
  const float scale = std::max(HighestMagnitude(row) / kMost, kLeastNormal);
  scales_[place] = scale;
  std::uint8_t* block =
      blocks_.data() + place / kernels::kBlockItems * kernels::Int8BlockBytes(width_);
  const std::size_t within = place % kernels::kBlockItems;
  double length = 0.0, residue = 0.0;
  for (std::size_t c = 0; c < width_; ++c) {
    const int whole = Whole(row[c], scale);
    block[(c / 4 * kernels::kBlockItems + within) * 4 + c % 4] =
        static_cast<std::uint8_t>(whole + kZero);
    length += Square(whole);
    residue += Square(static_cast<double>(row[c]) / static_cast<double>(scale) - whole);
  }
  longest_ = std::max(longest_, std::sqrt(length));
  residue_ = std::max(residue_, std::sqrt(residue));
}

Int8Table::Prepared Int8Table::Prepare(std::span<const float> query) const {
  Prepared prepared{std::vector<std::int8_t>(4 * kernels::Int8Groups(width_)), 0, 0, 0, 0};
  const float scale = HighestMagnitude(query) / kMost;
  prepared.scale = scale < kLeastNormal ? 0.0f : scale;
  double length = 0.0, residue = 0.0;
  for (std::size_t c = 0; c < width_; ++c) {
    const int whole = prepared.scale > 0.0f ? Whole(query[c], prepared.scale) : 0;
    prepared.numbers[c] = static_cast<std::int8_t>(whole);
    prepared.start -= kZero * whole;
    length += Square(static_cast<double>(query[c]));
    residue += Square(static_cast<double>(query[c]) - static_cast<double>(prepared.scale) * whole);
  }
  length = std::sqrt(length);
  residue = std::sqrt(residue);
  // What rounds: a score of `width` products and sums, and some eight operations of the bound, each
  // relative to at most (|q| + |r|) * (|x8| + |e| / s). Results too small for a normal float32 lose
  // at most one such number each.
  const double magnitude = (length + residue) * (longest_ + residue_);
  const double rounding = (1.01 * static_cast<double>(width_) + 16) * kRounding * magnitude;
  const double margin = residue * longest_ + length * residue_ + rounding;
  prepared.margin = std::nextafter(static_cast<float>(margin * (1 + 0x1p-20)),
                                   std::numeric_limits<float>::infinity());
  prepared.least_margin = static_cast<float>(2 * width_ + 16) * kLeastNormal;
  // Where the bound itself could overflow nothing is passed over.
  if (magnitude > 0x1p120) {
    prepared.scale = 0.0f;
    prepared.margin = std::numeric_limits<float>::infinity();
  }
  return prepared;
}

}  // namespace derrd
