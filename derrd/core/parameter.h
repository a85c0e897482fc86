// What learning changes. Models and losses own parameters and fill in gradients; optimizers alone
// change the values. All are single precision.
#ifndef DERRD_CORE_PARAMETER_H_
#define DERRD_CORE_PARAMETER_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "derrd/core/matrix.h"

namespace derrd {

// A parameter that every step reads whole: a layer's weights, a stack of experts.
struct DenseParameter {
  std::string name;
  Matrix<float> values;
  Matrix<float> gradient;  // of the step in progress, same shape

  DenseParameter(std::string n, std::size_t rows, std::size_t cols)
      : name(std::move(n)), values(rows, cols), gradient(rows, cols) {}
};

enum class Side { kUser, kItem };

// A parameter of which a step reads few rows: an embedding table. Row r of `gradient` belongs to
// row `rows[r]` of `values`; rows are distinct.
struct EmbeddingTable {
  Side side;  // whose rows they are
  std::string name;
  Matrix<float> values;
  std::vector<std::int32_t> rows;  // of the step in progress
  Matrix<float> gradient;          // rows.size() x width

  EmbeddingTable(Side whose, std::string n, std::size_t count, std::size_t width)
      : side(whose), name(std::move(n)), values(count, width) {}
};

// A tensor of a checkpoint: where it is, to be written or filled.
struct NamedMatrix {
  std::string name;
  MatrixView<float> values;
};

}  // namespace derrd

#endif  // DERRD_CORE_PARAMETER_H_
