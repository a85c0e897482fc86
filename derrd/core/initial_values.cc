#include "derrd/core/initial_values.h"

namespace derrd {

void DrawNormalRows(MatrixView<float> rows, float deviation, std::uint64_t seed, Role role,
                    std::uint64_t step) {
  for (std::size_t r = 0; r < rows.rows(); ++r) {
    RandomStream stream(seed, role, step, r);
    for (std::size_t c = 0; c < rows.cols(); ++c) rows(r, c) = deviation * stream.Normal();
  }
}

void DrawUniformRows(MatrixView<float> rows, float bound, std::uint64_t seed, Role role,
                     std::uint64_t step) {
  for (std::size_t r = 0; r < rows.rows(); ++r) {
    DrawUniform(rows.Rows(r, r + 1), bound, RandomStream(seed, role, step, r));
  }
}

void DrawUniform(MatrixView<float> values, float bound, RandomStream stream) {
  for (float& value : values.elements()) value = bound * (2.0f * stream.Uniform() - 1.0f);
}

}  // namespace derrd
