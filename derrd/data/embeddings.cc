#include "derrd/data/embeddings.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "derrd/core/error.h"

namespace derrd {
namespace {

constexpr std::size_t kRowsBetweenReports = 4096;

void CheckFinite(std::span<const float> numbers, const NumberTable& table, std::size_t row,
                 const Entities& entities, std::size_t entity) {
  const auto bad = std::ranges::find_if_not(numbers, [](float x) { return std::isfinite(x); });
  if (bad == numbers.end()) return;
  Fail(
      "{}: row {} (from 0), of {} '{}', holds {} in column {}; every number must be finite as a "
      "float",
      table.name(), row, entities.what, entities.ids[entity], *bad, bad - numbers.begin());
}

}  // namespace

Matrix<float> ReadEmbeddings(const NumberTable& table, const RowOrder& order,
                             const Entities& entities, std::size_t width, const RowsDone& done) {
  table.RequireFloats();
  Matrix<float> rows(entities.ids.size(), width);
  for (std::size_t entity = 0; entity < rows.rows(); ++entity) {
    const std::span<float> numbers(rows.row(entity), table.cols());
    const std::size_t row = order.row_of_entity[entity];
    table.ReadRow(row, numbers);
    CheckFinite(numbers, table, row, entities, entity);
    if ((entity + 1) % kRowsBetweenReports == 0) done(entity + 1);
  }
  return rows;
}

void Normalise(MatrixView<float> rows, const Entities& entities) {
  for (std::size_t r = 0; r < rows.rows(); ++r) {
    const std::span<float> row(rows.row(r), rows.cols());
    double squares = 0.0;
    for (const float x : row) squares += double{x} * double{x};
    if (squares == 0.0) {
      Fail("{} '{}': its row is all zeros and has no cosine with any other; use --score dot",
           entities.what, entities.ids[r]);
    }
    const double length = std::sqrt(squares);
    for (float& x : row) x = static_cast<float>(x / length);
  }
}

}  // namespace derrd
