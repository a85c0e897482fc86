// A representation for somebody the model has never met, from the items they liked.
#ifndef DERRD_MODELS_FOLD_IN_H_
#define DERRD_MODELS_FOLD_IN_H_

#include <cstdint>
#include <span>
#include <vector>

#include "derrd/core/matrix.h"

namespace derrd {

// The user row u that minimises
//   sum_{i liked} (1 - u.v_i)^2 + unobserved_weight * sum_{all i} (u.v_i)^2 + l2 * scale * |u|^2
// over the item rows v (items x width): the closed form of implicit least squares (Hu et al., ICDM
// 2008, in the form of Rendle et al., RecSys 2022). `scale`, the mean squared norm of an item row,
// makes l2 independent of how large the rows are. What does not depend on who asks is computed
// once. Immutable; threads may share it.
class FoldIn {
 public:
  // Keeps a view of the rows. Cost: items x width^2 for their Gramian.
  explicit FoldIn(MatrixView<const float> item_rows, double unobserved_weight = 0.01,
                  double l2 = 0.1);

  // liked: at least one item, in range; repeats count once. Cost: width^2 a liked item and width^3
  // for the solution.
  std::vector<float> UserWho(std::span<const std::int32_t> liked) const;

 private:
  MatrixView<const float> item_rows_;
  Matrix<double> unobserved_;  // width x width: what every user's equations begin with
};

}  // namespace derrd

#endif  // DERRD_MODELS_FOLD_IN_H_
