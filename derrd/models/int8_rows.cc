#include "derrd/models/int8_rows.h"

#include <algorithm>
#include <cmath>
#include <span>

namespace derrd {
namespace {

constexpr float kMostInt8 = 127.0f;

}  // namespace

Int8Rows QuantiseRows(MatrixView<const float> rows) {
  Int8Rows result{{rows.rows(), rows.cols()}, std::vector<float>(rows.rows())};
  for (std::size_t r = 0; r < rows.rows(); ++r) {
    const std::span<const float> row(rows.row(r), rows.cols());
    float most = 0.0f;
    for (const float value : row) most = std::max(most, std::abs(value));
    const float scale = most / kMostInt8;
    result.scales[r] = scale;
    if (scale == 0.0f) continue;  // also where the greatest magnitude is too small to divide
    std::ranges::transform(row, result.values.row(r), [scale](float value) {
      return static_cast<std::int8_t>(
          std::clamp(std::nearbyint(value / scale), -kMostInt8, kMostInt8));
    });
  }
  return result;
}

Matrix<float> RestoreRows(const Int8Rows& rows) {
  Matrix<float> restored(rows.values.rows(), rows.values.cols());
  for (std::size_t r = 0; r < restored.rows(); ++r) {
    std::ranges::transform(std::span(rows.values.row(r), restored.cols()), restored.row(r),
                           [&](std::int8_t value) { return rows.scales[r] * value; });
  }
  return restored;
}

}  // namespace derrd
