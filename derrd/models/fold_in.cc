#include "derrd/models/fold_in.h"

#include <set>

#include "derrd/core/error.h"
#include "derrd/kernels/gemm.h"
#include "derrd/kernels/lapack.h"

namespace derrd {

FoldIn::FoldIn(MatrixView<const float> item_rows, double unobserved_weight, double l2)
    : item_rows_(item_rows), unobserved_(item_rows.cols(), item_rows.cols()) {
  const std::size_t width = item_rows.cols(), items = item_rows.rows();
  Matrix<float> gramian(width, width);
  kernels::Gemm(kernels::Op::kTranspose, kernels::Op::kNone, width, width, items, 1.0f,
                item_rows.data(), width, item_rows.data(), width, 0.0f, gramian.data(), width);
  double trace = 0.0;
  for (std::size_t i = 0; i < width; ++i) {
    trace += static_cast<double>(gramian(i, i));
    for (std::size_t j = 0; j < width; ++j) {
      unobserved_(i, j) = unobserved_weight * static_cast<double>(gramian(i, j));
    }
  }
  // A model of zeros has no opinion: any positive ridge gives the zero user.
  const double scale = trace > 0.0 ? trace / static_cast<double>(items) : 1.0;
  for (std::size_t i = 0; i < width; ++i) unobserved_(i, i) += l2 * scale;
}

std::vector<float> FoldIn::UserWho(std::span<const std::int32_t> liked) const {
  const std::size_t width = item_rows_.cols();
  Matrix<double> a = unobserved_;
  std::vector<double> b(width, 0.0);
  for (const std::int32_t item : std::set<std::int32_t>(liked.begin(), liked.end())) {
    const float* v = item_rows_.row(static_cast<std::size_t>(item));
    for (std::size_t i = 0; i < width; ++i) {
      b[i] += static_cast<double>(v[i]);
      for (std::size_t j = 0; j < width; ++j) {
        a(i, j) += static_cast<double>(v[i]) * static_cast<double>(v[j]);
      }
    }
  }
  const int info = kernels::SolvePositiveDefinite(static_cast<int>(width), a.data(), b.data());
  if (info != 0) Fail("the item rows are too extreme for a new user's; train the model again");
  return {b.begin(), b.end()};
}

}  // namespace derrd
